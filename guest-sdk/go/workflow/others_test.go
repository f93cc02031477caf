package workflow

import (
	"context"
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"dalsegno"
	"dalsegno/internal/contract"
)

func TestAChildIsStartedSignalledAndAwaited(t *testing.T) {
	r := rigged(t, func(ctx Context) (result string, err error) {
		child := ExecuteChildWorkflow(WithWorkflowID(ctx, "c"), "kind", 1)
		if err := child.SignalChildWorkflow(ctx, "hello", 2).Get(ctx, nil); err != nil {
			return "", err
		}
		var execution Execution
		if err := child.GetChildWorkflowExecution().Get(ctx, &execution); err != nil {
			return "", err
		}
		err = child.Get(ctx, &result)
		return execution.ID + execution.RunID + result, err
	})
	r.expect("child kind c(1)")
	r.ok(r.resumed(1, "run"))
	r.expect("signal c hello(2) child only true")
	r.ok(r.fired(3), r.resumed(2, "done"))
	r.expect(`complete "crundone"`)
}

func TestAChildThatCannotBeStartedHasNoEnd(t *testing.T) {
	r := rigged(t, func(ctx Context) ([]bool, error) {
		child := ExecuteChildWorkflow(ctx, "kind")
		started, ended := child.GetChildWorkflowExecution().Get(ctx, nil), child.Get(ctx, nil)
		taken := dalsegno.IsWorkflowExecutionAlreadyStartedError
		return []bool{taken(started), taken(ended), IsStartFailure(ended)}, nil
	})
	taken := contract.Application{Type: dalsegno.WorkflowAlreadyRunning}
	r.ok(contract.Resumed{Operation: 1, Failure: contract.Failure{{Message: "taken", Kind: taken}}})
	r.expect("child kind "+strings.Repeat("0", 32)+"()", "complete [true,true,true]")
}

func TestCancellingTheRunCancelsAChildWithTheReason(t *testing.T) {
	r := rigged(t, func(ctx Context) error { return ExecuteChildWorkflow(WithWorkflowID(ctx, "c"), "kind").Get(ctx, nil) })
	r.ok(contract.CancelRequested{Reason: "enough"})
	r.expect("child kind c()", `cancel child 2 "enough"`, "cancelled")
}

func TestContinuingAsNewCarriesSignals(t *testing.T) {
	r := rigged(t, func(ctx Context, n int) error {
		_ = Sleep(ctx, time.Second)
		return NewContinueAsNewError(ctx, "test", n+1)
	}, 1)
	r.ok(r.signal("b"), r.signal("a"), r.fired(1))
	r.expect("timer 1000", "continue as new (2) carrying [b a]")
}

func TestChangesOfTheCodeAreAskedFor(t *testing.T) {
	r := rigged(t, func(ctx Context) ([]any, error) {
		DeprecatePatch(ctx, "old")
		return []any{Patched(ctx, "p"), GetVersion(ctx, "v", DefaultVersion, 2)}, nil
	})
	r.expect("deprecate old", "patched p", "version v -1 2", "complete [true,2]")
}

func TestAttributesAndMemoAreTold(t *testing.T) {
	share := dalsegno.NewSearchAttributeKeyFloat64("Share")
	r := rigged(t, func(ctx Context) (float64, error) {
		due := time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
		_ = UpsertTypedSearchAttributes(ctx, share.ValueSet(2),
			dalsegno.NewSearchAttributeKeyTime("Due").ValueSet(due), dalsegno.NewSearchAttributeKeyBool("Gone").ValueUnset())
		_ = UpsertMemo(ctx, map[string]any{"b": "<&>", "a": nil})
		value, _ := GetTypedSearchAttributes(ctx).GetFloat64(share)
		return value, nil
	})
	r.expect(`attributes Share=2.0 Due="2026-01-02T03:04:05.6Z" Gone=removed`, `memo a=removed b="<&>"`, "complete 2")
}

func TestWhatARunKnowsOfItselfIsOfThePresentActivation(t *testing.T) {
	r := rigged(t, func(ctx Context) (int, error) {
		info := GetInfo(ctx)
		err := Sleep(ctx, time.Second)
		return info.GetCurrentHistoryLength(), err
	})
	r.run.activate(contract.Activation{HistoryEvents: 7, Events: []contract.Event{r.fired(1)}})
	r.expect("timer 1000", "complete 7")
}

func TestKeysOfAMapHaveAnOrder(t *testing.T) {
	r := rigged(t, func(Context) ([]string, error) { return DeterministicKeys(map[string]int{"b": 1, "c": 2, "a": 3}), nil })
	r.expect(`complete ["a","b","c"]`)
}

func TestLogsAndFigures(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		GetLogger(ctx).With("a", 1).Warn("careful", "b", true, "c")
		GetMetricsHandler(ctx).Counter("n").Inc(2)
		GetMetricsHandler(ctx).Timer("t").Record(1500 * time.Millisecond)
		return nil
	})
	r.expect(`log careful [{"Key":"a","Value":"1"},{"Key":"b","Value":"true"},{"Key":"c","Value":""}]`, "count n 2",
		"record t 1.5", "complete null")
}

func TestANetworkIsForActivities(t *testing.T) {
	r := unstarted(t, func(Context) error { return &net.OpError{Op: "dial", Err: net.UnknownNetworkError("x")} })
	bug := r.bugs(contract.Started{WorkflowType: "test"})
	if !strings.Contains(bug.Message, "opened a network connection") || !strings.Contains(bug.Message, "dalsegno/http") {
		t.Fatal(bug.Message)
	}
	if !strings.Contains(bug.StackTrace, "others_test.go") {
		t.Fatal(bug.StackTrace)
	}
}

func TestWrongArgumentsFailTheRunNotTheActivation(t *testing.T) {
	r := rigged(t, func(_ Context, n int) error { return nil })
	r.expect("fail [BadArguments] argument 1: it is missing")
}

func TestAResultWithoutAJSONFormFailsTheRun(t *testing.T) {
	r := rigged(t, func(Context) (float64, error) { return math.NaN(), nil })
	r.expect("fail [BadResult] the result of the test has no JSON form <- " +
		"[UnsupportedValueError] json: unsupported value: NaN")
}

func TestAFunctionThatCannotBeAWorkflowIsToldAtOnce(t *testing.T) {
	for wanted, function := range map[string]any{
		"a function is expected, not a int":                 1,
		"it takes a context.Context; use workflow.Context":  func(Context, context.Context) error { return nil },
		"it returns an error, or a value and an error, not": func(Context) (int, int) { return 0, 0 },
		"it has to return an error":                         func(Context) int { return 0 },
		"an error, or a value and an error":                 func(Context) {},
		"its first parameter has to be a workflow.Context":  func(string) error { return nil },
		"only its first parameter may be a workflow.Cont":   func(string, Context) error { return nil },
		"parameter 2, a chan int; arguments":                func(Context, chan int) error { return nil },
		"parameter 3, a []error, since that has a error;":   func(Context, int, []error) error { return nil },
		"others_test.go": func(Context, func()) error { return nil },
	} {
		func() {
			defer func() {
				if told := fmt.Sprint(recover()); !strings.Contains(told, wanted) {
					t.Errorf("%s instead of %s", told, wanted)
				}
			}()
			RegisterWithOptions(function, RegisterOptions{Name: "misfit"})
		}()
	}
}

func TestAModuleWithoutWorkflowsIsToldAtOnce(t *testing.T) {
	defer func() {
		if told := fmt.Sprint(recover()); !strings.Contains(told, "workflow.Register") {
			t.Fatal(told)
		}
	}()
	module{}.Definitions()
}

func TestStartsAreDescribedByTheirArguments(t *testing.T) {
	if got := newRoutine("", func(Context, int8, *string) {}).schemas(); !slices.Equal(got, []string{
		`{"format":"int8","maximum":127,"minimum":-128,"type":"integer"}`, `{"type":["string","null"]}`,
	}) {
		t.Error(got)
	}
	if got := newRoutine("", func() {}).schemas(); got == nil || len(got) > 0 {
		t.Error(got)
	}
	if got := newRoutine("", func(...int) {}).schemas(); got != nil {
		t.Error(got)
	}
}

func TestAnUnknownTypeIsABug(t *testing.T) {
	r := unstarted(t, func(Context) error { return nil })
	if bug := r.bugs(contract.Started{WorkflowType: "x"}); bug.Message != "this module has no workflow type `x`" {
		t.Fatal(bug.Message)
	}
}
