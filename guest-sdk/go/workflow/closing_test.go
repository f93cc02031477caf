package workflow

import (
	"testing"
	"time"

	"dalsegno"
	"dalsegno/internal/contract"
)

func continuesAtGo(ctx Context, apart bool) error {
	GetSignalChannel(ctx, "go").Receive(ctx, nil)
	if apart {
		ctx, _ = NewDisconnectedContext(ctx)
	}
	return NewContinueAsNewError(ctx, "test", false)
}

func TestARequestToCancelIsNotLostToTheNextRun(t *testing.T) {
	r := rigged(t, continuesAtGo, false)
	r.ok(r.signal("go"), contract.CancelRequested{Reason: "enough"})
	r.expect("cancelled")
}

func TestAHandlerThatContinuesSeesAllEventsOfTheActivationFirst(t *testing.T) {
	switched := func(ctx Context) error {
		_ = SetSignalHandler(ctx, "switch", func(ctx Context) error { return NewContinueAsNewError(ctx, "test") })
		return Await(ctx, func() bool { return false })
	}
	r := rigged(t, switched)
	r.ok(r.signal("switch"), r.signal("number"))
	r.expect("continue as new () carrying [number]")
	r = rigged(t, switched)
	r.ok(r.signal("switch"), contract.CancelRequested{Reason: "enough"})
	r.expect("cancelled")
}

func TestApartTheRunGoesOnInSpiteOfARequestToCancel(t *testing.T) {
	r := rigged(t, continuesAtGo, true)
	r.ok(r.signal("go"), contract.CancelRequested{Reason: "enough"})
	r.expect("continue as new (false) carrying []")
}

func TestAFailureMadeOfACancellationFailsTheRun(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		err := Sleep(ctx, time.Second)
		return dalsegno.NewApplicationErrorWithCause("not released", "CleanUpFailed", err)
	})
	r.ok(contract.CancelRequested{})
	r.expect("timer 1000", "cancel timer 1", "fail [CleanUpFailed] not released <- [Cancelled] cancelled")
}
