package workflow

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dalsegno"
	"dalsegno/internal/contract"
)

func call(ctx Context, name string, args ...any) Future {
	return ExecuteActivity(WithActivityOptions(ctx, ActivityOptions{StartToCloseTimeout: time.Minute}), name, args...)
}

func TestActivitiesFollowEachOther(t *testing.T) {
	r := rigged(t, func(ctx Context, n int) (int, error) {
		for range 2 {
			if err := call(ctx, "double", n).Get(ctx, &n); err != nil {
				return 0, err
			}
		}
		return n, nil
	}, 3)
	r.expect("activity double(3)")
	r.ok(r.resumed(1, 6))
	r.expect("activity double(6)")
	r.ok(r.resumed(2, 12))
	r.expect("complete 12")
}

func TestAFailedActivityFailsTheRunWithItsChain(t *testing.T) {
	r := rigged(t, func(ctx Context) error { return call(ctx, "pay").Get(ctx, nil) })
	r.ok(failed(1))
	r.expect("activity pay()", "fail [Activity] activity failed <- [Declined] no")
}

func TestAnErrorCanBeCaught(t *testing.T) {
	r := rigged(t, func(ctx Context) (bool, error) { return isDeclined(call(ctx, "pay").Get(ctx, nil)), nil })
	r.ok(failed(1))
	r.expect("activity pay()", "complete true")
}

func TestCancellingTheRunCancelsWhatItWaitsFor(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		err := call(ctx, "hang").Get(ctx, nil)
		apart, _ := NewDisconnectedContext(ctx)
		if cleaning := call(apart, "clean").Get(apart, nil); cleaning != nil {
			return cleaning
		}
		return err
	})
	r.ok(contract.CancelRequested{Reason: "enough"})
	r.expect("activity hang()", "cancel activity 1", "activity clean()")
	r.ok(r.fired(2))
	r.expect("cancelled")
}

func TestAnActivityWhoseEndIsAwaitedEndsLater(t *testing.T) {
	r := unstarted(t, func(ctx Context) error { return call(ctx, "hang").Get(ctx, nil) })
	r.refuse = true
	r.ok(contract.Started{WorkflowType: "test"})
	r.ok(contract.CancelRequested{})
	r.expect("activity hang()", "cancel activity 1")
	r.ok(r.resumed(1, "done all the same"))
	r.expect("complete null")
}

func TestNothingIsStartedInACancelledContext(t *testing.T) {
	r := rigged(t, func(ctx Context) (string, error) {
		inner, cancel := WithCancel(ctx)
		cancel()
		errs := []error{
			Sleep(inner, time.Second), call(inner, "a").Get(ctx, nil), Await(inner, func() bool { return false }),
			ExecuteChildWorkflow(inner, "c").Get(ctx, nil), NewSemaphore(ctx, 1).Acquire(inner, 1), inner.Err(),
			SignalExternalWorkflow(inner, "w", "", "s").Get(ctx, nil),
		}
		for _, err := range errs {
			if !dalsegno.IsCanceledError(err) {
				return "", err
			}
		}
		return "all", nil
	})
	r.expect(`complete "all"`)
}

func TestConditionsAreSeenInRounds(t *testing.T) {
	r := rigged(t, func(ctx Context) (log []string, err error) {
		step := 0
		_ = SetSignalHandler(ctx, "go", func() { step = 1 })
		Go(ctx, func(ctx Context) {
			_ = Await(ctx, func() bool { return step == 2 })
			log = append(log, "later")
			step = 3
		})
		Go(ctx, func(ctx Context) {
			_ = Await(ctx, func() bool { return step == 1 })
			log = append(log, "first")
			step = 2
		})
		err = Await(ctx, func() bool { return step == 3 })
		return log, err
	})
	r.expect()
	r.ok(r.signal("go"))
	r.expect(`complete ["first","later"]`)
}

func TestAConditionWithATimeoutCancelsItsTimer(t *testing.T) {
	r := rigged(t, func(ctx Context) (log []bool, err error) {
		set := false
		_ = SetSignalHandler(ctx, "set", func() { set = true })
		first, err := AwaitWithTimeout(ctx, time.Hour, func() bool { return set })
		second, _ := AwaitWithTimeout(ctx, time.Hour, func() bool { return set })
		third, _ := AwaitWithTimeout(ctx, time.Minute, func() bool { return false })
		return append(log, first, second, third), err
	})
	r.expect("timer 3600000")
	r.ok(r.signal("set"))
	r.expect("cancel timer 1", "timer 60000")
	r.ok(r.fired(2))
	r.expect("complete [true,true,false]")
}

func TestALongRunDoesNotKeepWhatItHasWaitedFor(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		for {
			never := func() bool { return false }
			if _, err := AwaitWithTimeout(ctx, time.Hour, never); err != nil {
				return err
			}
			_, cancel := WithCancel(ctx)
			cancel()
		}
	})
	for operation := range contract.Operation(10) {
		r.ok(r.fired(operation + 1))
	}
	if kept := len(r.run.scope.reached); kept != 1 {
		t.Fatal(kept)
	}
}

func TestAPanicIsABugWithItsPlace(t *testing.T) {
	r := unstarted(t, func(Context) error { panic("this is a bug") })
	bug := r.bugs(contract.Started{WorkflowType: "test"})
	if bug.Message != "this is a bug" || !strings.Contains(bug.StackTrace, "workflow/waiting_test.go:") {
		t.Fatalf("%+v", bug)
	}
	r.expect()
}

func TestAnActivityWithoutATimeLimitIsABugWithItsPlace(t *testing.T) {
	for options, execute := range map[string]func(Context, any, ...any) Future{
		"ActivityOptions": ExecuteActivity, "LocalActivityOptions": ExecuteLocalActivity,
	} {
		r := unstarted(t, func(ctx Context) error { return execute(ctx, "pay").Get(ctx, nil) })
		bug := r.bugs(contract.Started{WorkflowType: "test"})
		wanted := "StartToCloseTimeout or ScheduleToCloseTimeout of " + options + ", "
		if !strings.Contains(bug.Message, wanted) || !strings.HasPrefix(bug.StackTrace, "workflow/waiting_test.go:") {
			t.Fatalf("%+v", bug)
		}
	}
}

func TestAnActivityIsNamedByItsFunction(t *testing.T) {
	var methods *named
	for wanted, function := range map[string]any{
		"text": "text", "TestAnActivityIsNamedByItsFunction": TestAnActivityIsNamedByItsFunction,
		"charge": methods.charge, "generic": generic[int],
	} {
		if name := functionName(function); name != wanted {
			t.Errorf("%s instead of %s", name, wanted)
		}
	}
	defer func() {
		if told := fmt.Sprint(recover()); !strings.Contains(told, "literal has no name") {
			t.Fatal(told)
		}
	}()
	functionName(func() {})
}

type named struct{}

func (*named) charge() {}

func generic[T any]() (none T) { return none }

func TestAResultThatDoesNotFitIsABug(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		var number int
		return call(ctx, "name").Get(ctx, &number)
	})
	bug := r.bugs(r.resumed(1, "text"))
	if !strings.HasPrefix(bug.Message, "the result of activity name (operation 1) is no `int`: ") {
		t.Fatal(bug.Message)
	}
}

func TestTheStackTraceNamesWhatIsAwaitedAndWhere(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		GoNamed(ctx, "beside", func(ctx Context) { GetSignalChannel(ctx, "s").Receive(ctx, nil) })
		GoNamed(ctx, "pause", func(ctx Context) { _ = Sleep(ctx, 90*time.Minute+time.Millisecond) })
		return call(ctx, "hang").Get(ctx, nil)
	})
	told := r.query(stackTraceQuery)
	for _, part := range []string{
		`"run\n    activity hang (operation 1), at workflow/waiting_test.go:`, `\nbeside\n    signal s, at `,
		`\npause\n    timer of 5400.001s (operation 2), at `,
	} {
		if !strings.Contains(told, part) {
			t.Fatalf("no %s in %s", part, told)
		}
	}
	r.ok(r.fired(1))
	r.expect("activity hang()", "timer 5400001", "complete null")
	if told := r.query(stackTraceQuery); told != `""` {
		t.Fatal(told)
	}
}

func TestCallSitesAreToldWhereTheyAreWanted(t *testing.T) {
	r := unstarted(t, func(ctx Context) error { return Sleep(ctx, time.Second) })
	r.callSites = true
	r.ok(contract.Started{WorkflowType: "test"})
	if !strings.HasPrefix(r.asked[0], "at workflow/waiting_test.go:") {
		t.Fatal(r.asked)
	}
}
