package dalsegno

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

func TestJSONIsWhatOtherLanguagesWrite(t *testing.T) {
	for wanted, value := range map[string]any{
		`"<a&b> \" \\ ü 😀"`:           "<a&b> \" \\ ü 😀",
		"\"\u2028 \\\\u2028 \ufffd\"": "\u2028 \\u2028 \ufffd",
		`"\u0001\n"`:                  "\x01\n",
		`{"b":1,"a":[true,null]}`: struct {
			B int   `json:"b"`
			A []any `json:"a"`
		}{1, []any{true, nil}},
		`[{"x":1},null]`: []any{contract.NewPayload(contract.JSONPlain, []byte(`{"x":1}`)), nil},
	} {
		payload, err := codec.Encode(value)
		if err != nil || string(payload.Data) != wanted {
			t.Errorf("%s, %v instead of %s", payload.Data, err, wanted)
		}
	}
}

func TestBytesTravelAsTheyAre(t *testing.T) {
	payload, _ := codec.Encode([]byte{1, 2})
	var bytes []byte
	if payload.Format() != contract.BinaryPlain || codec.Decode(&payload, &bytes) != nil || len(bytes) != 2 {
		t.Fatal(payload)
	}
	var text string
	if err := codec.Decode(&payload, &text); err == nil || !strings.Contains(err.Error(), "[]byte") {
		t.Fatal(err)
	}
}

func TestAValueWithoutAJSONFormIsAnError(t *testing.T) {
	if _, err := codec.Encode(math.NaN()); err == nil {
		t.Fatal("NaN has no JSON form")
	}
}

func TestAChainSurvivesTheWayThereAndBack(t *testing.T) {
	delay := uint64(5)
	details, _ := codec.Encode(42)
	chain := contract.Failure{
		{Message: "a", StackTrace: "s", Kind: contract.ChildWorkflow{WorkflowID: "w", RetryState: 1}},
		{Message: "b", Kind: contract.Activity{ActivityType: "t", Attempts: 3}},
		{Message: "c", Kind: contract.Timeout{Kind: 3}},
		{Message: "d", Kind: contract.Application{
			Type: "T", NonRetryable: true, Details: []contract.Payload{details}, NextRetryDelayMs: &delay,
		}},
		{Message: "e", Kind: contract.Terminated{}},
		{Message: "f", Kind: contract.Server{}},
		{Message: "g", Kind: contract.Cancelled{}},
	}
	again := FailureOf(ErrorOf(chain))
	if fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", chain) {
		t.Fatalf("%+v", again)
	}
}

func TestErrorsAreToldApart(t *testing.T) {
	declined := NewApplicationErrorWithOptions("no funds", "Declined", ApplicationErrorOptions{
		NonRetryable: true, Details: []any{42, "EUR"}, NextRetryDelay: time.Second, Cause: errors.New("inner"),
	})
	wrapped := fmt.Errorf("charging: %w", declined)
	var application *ApplicationError
	var cents int
	if !errors.As(wrapped, &application) || application.Details(&cents) != nil || cents != 42 {
		t.Fatal(application)
	}
	if application.Details(nil, nil, nil) != ErrNoDetails || application.NextRetryDelay() != time.Second {
		t.Fatal(application)
	}
	if !strings.Contains(application.StackTrace(), "_test.go:") || IsCanceledError(wrapped) {
		t.Fatal(application.StackTrace())
	}
	failure := FailureOf(wrapped)
	if len(failure) != 3 || failure[0].Kind.(contract.Application).Type != "wrapError" || failure[1].Message != "no funds" {
		t.Fatalf("%+v", failure)
	}
	if !IsCanceledError(fmt.Errorf("x: %w", NewCanceledError())) {
		t.Fatal("cancelled")
	}
}

func TestDurationsAreRoundedUp(t *testing.T) {
	for duration, wanted := range map[time.Duration]uint64{
		0: 0, -1: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Hour: 3_600_000,
	} {
		if got := Milliseconds(duration); got != wanted {
			t.Errorf("%v is %d", duration, got)
		}
	}
}
