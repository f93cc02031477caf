package workflow

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

func TestSignalsAreHandledBeforeTheMainRoutineGoesOn(t *testing.T) {
	r := unstarted(t, func(ctx Context) (log []int, err error) {
		_ = SetSignalHandler(ctx, "add", func(n int) { log = append(log, n) })
		log = append(log, 0)
		err = Await(ctx, func() bool { return len(log) == 4 })
		return log, err
	})
	carried := contract.Request{Name: "add", Input: r.payloads([]any{1})}
	r.ok(contract.Started{WorkflowType: "test", CarriedSignals: []contract.Request{carried}}, r.signal("add", 2))
	r.ok(r.signal("add", 3))
	r.expect("complete [1,2,0,3]")
}

func TestAHandlerBeginsBeforeLaterEvents(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		_ = SetSignalHandler(ctx, "work", func(ctx Context) error { return call(ctx, "work").Get(ctx, nil) })
		return Sleep(ctx, time.Hour)
	})
	r.ok(r.signal("work"), contract.CancelRequested{})
	r.expect("timer 3600000", "activity work()", "cancel timer 1", "cancel activity 2",
		"log the run closes while 1 handlers of signal work are at work null", "cancelled")
}

func TestSignalsAreKeptUntilTheyAreTaken(t *testing.T) {
	r := rigged(t, func(ctx Context) ([]string, error) {
		if err := Sleep(ctx, time.Second); err != nil {
			return nil, err
		}
		names := GetUnhandledSignalNames(ctx)
		var value string
		for GetSignalChannel(ctx, "a").ReceiveAsync(&value) {
			names = append(names, value)
		}
		return names, nil
	})
	r.ok(r.signal("b", "left"), r.signal("a", "x"), r.signal("a", "y"), r.fired(1))
	r.expect("timer 1000", "log the run closes without having taken 1 signals named `b` null",
		`complete ["a","b","x","y"]`)
}

func TestASignalThatDoesNotFitIsABugAndNotLost(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		_ = SetSignalHandler(ctx, "add", func(int) {})
		return Sleep(ctx, time.Second)
	})
	bug := r.bugs(r.signal("add"))
	isPlaced := strings.HasPrefix(bug.StackTrace, "workflow/handlers_test.go:")
	if bug.Message != "signal `add`: argument 1: it is missing" || !isPlaced {
		t.Fatalf("%+v", bug)
	}
}

func TestAnErrorOfASignalsHandlerFailsTheRun(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		_ = SetSignalHandler(ctx, "bad", func(ctx Context) error { return errors.New("no") })
		return Sleep(ctx, time.Second)
	})
	r.ok(r.signal("bad"))
	r.expect("timer 1000", "fail [errorString] no")
}

func TestUpdatesAnswerAndFailAndAreValidated(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		balance := 10
		withdraw := func(ctx Context, n int) (int, error) {
			if err := call(ctx, "book").Get(ctx, nil); err != nil {
				return 0, err
			}
			balance -= n
			return balance, nil
		}
		_ = SetUpdateHandlerWithOptions(ctx, "withdraw", withdraw, UpdateHandlerOptions{
			Validator: func(ctx Context, n int) error {
				if n > balance {
					return dalsegno.NewApplicationError(GetCurrentUpdateInfo(ctx).Name, "TooLittle")
				}
				return nil
			},
		})
		return Await(ctx, func() bool { return balance < 5 && AllHandlersFinished(ctx) })
	})
	refused := r.run.validate(contract.Request{Name: "withdraw", Input: r.payloads([]any{11})})
	if describe1(refused) != "[TooLittle] withdraw" {
		t.Fatal(describe1(refused))
	}
	unknown := r.run.validate(contract.Request{Name: "deposit"})
	if describe1(unknown) != "[UnknownUpdate] the workflow has no update named `deposit`; it has: withdraw" {
		t.Fatal(describe1(unknown))
	}
	surplus := r.run.validate(contract.Request{Name: "withdraw", Input: r.payloads([]any{1, 2})})
	if describe1(surplus) != "[BadArguments] 2 arguments were given, it takes 1" {
		t.Fatal(describe1(surplus))
	}
	r.ok(r.update("withdraw", 3), r.update("withdraw", 4))
	r.expect("activity book()", "activity book()")
	r.ok(failed(1))
	r.expect("update u fail [Activity] activity failed <- [Declined] no")
	r.ok(r.fired(2))
	r.expect("update u complete 6")
	r.ok(r.update("withdraw", "six"))
	r.expect("update u fail [BadArguments] argument 1: json: cannot unmarshal string into Go value of type int")
}

func TestAValidatorTakesWhatItsHandlerTakes(t *testing.T) {
	r := unstarted(t, func(ctx Context) error {
		options := UpdateHandlerOptions{Validator: func(string) error { return nil }}
		return SetUpdateHandlerWithOptions(ctx, "add", func(Context, int) error { return nil }, options)
	})
	bug := r.bugs(contract.Started{WorkflowType: "test"})
	if bug.Message != "the validator of update `add` takes other arguments than its handler" {
		t.Fatal(bug.Message)
	}
}

func TestAnUpdateInTheFirstActivationFindsItsHandler(t *testing.T) {
	r := unstarted(t, func(ctx Context) error {
		_ = SetUpdateHandler(ctx, "ping", func() (string, error) { return "pong", nil })
		return Sleep(ctx, time.Second)
	})
	r.ok(contract.Started{WorkflowType: "test"}, r.update("ping"))
	r.expect("timer 1000", `update u complete "pong"`)
}

func TestQueriesAnswerAndChangeNothing(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		_ = SetQueryHandler(ctx, "add", func(a int, b *int) (int, error) {
			if b == nil {
				return a, nil
			}
			return a + *b, nil
		})
		_ = SetQueryHandler(ctx, "sleep", func() (bool, error) { return true, Sleep(ctx, time.Second) })
		return Sleep(ctx, time.Hour)
	})
	for wanted, answer := range map[string]string{
		"5": r.query("add", 2, 3), "2": r.query("add", 2, nil),
		"failed: [UnknownQuery] the workflow has no query named `x`; it has: add, sleep, __stack_trace, __metadata": r.query("x"),
		"failed: [PanicError] starting a timer in a query: it must not change anything, nor wait":                   r.query("sleep"),
		"failed: [BadArguments] 3 arguments were given, it takes 2":                                                 r.query("add", 1, 2, 3),
	} {
		if answer != wanted {
			t.Errorf("%s instead of %s", answer, wanted)
		}
	}
	r.expect("timer 3600000")
}

func TestAQueryThatReadsAResultAsAnotherTypeHasABug(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		work := call(ctx, "name")
		_ = SetQueryHandler(ctx, "name", func() (number int, err error) { return number, work.Get(ctx, &number) })
		return Await(ctx, func() bool { return false })
	})
	r.ok(r.resumed(1, "text"))
	if answer := r.query("name"); !strings.HasPrefix(answer, "failed: [PanicError] the result of activity name") {
		t.Fatal(answer)
	}
}

func TestAHandlerHasTheHeadersOfItsCall(t *testing.T) {
	header := func(ctx Context) (value int) {
		payload := GetHeaders(ctx)["from"]
		_ = codec.Decode(&payload, &value)
		return value
	}
	r := rigged(t, func(ctx Context) (log []int, err error) {
		_ = SetSignalHandler(ctx, "signal", func(ctx Context) { log = append(log, header(ctx)) })
		_ = SetUpdateHandler(ctx, "update", func(ctx Context) { log = append(log, header(ctx)) })
		_ = SetQueryHandler(ctx, "query", func(ctx Context) (int, error) { return header(ctx), nil })
		err = Await(ctx, func() bool { return len(log) == 2 })
		return append(log, header(ctx)), err
	})
	request := func(name string, from int) contract.Request {
		headers := []contract.Named{{Name: "from", Value: r.payloads([]any{from})[0]}}
		return contract.Request{Name: name, Headers: headers}
	}
	if answer, _ := r.run.query(request("query", 1)); string(answer.Data) != "1" {
		t.Fatal(string(answer.Data))
	}
	r.ok(contract.Signalled{Request: request("signal", 2)}, contract.UpdateAccepted{Request: request("update", 3)})
	r.expect("update  complete null", "complete [2,3,0]")
}

func TestDynamicHandlersTakeWhatNobodyElseDoes(t *testing.T) {
	r := rigged(t, func(ctx Context) (heard []any, err error) {
		hear := func(_ Context, name string, args EncodedValues) error {
			heard = append(heard, name, args)
			return nil
		}
		_ = SetDynamicSignalHandler(ctx, hear)
		_ = SetDynamicQueryHandler(ctx, func(name string, args EncodedValues) (any, error) {
			var number int
			return name, args.Get(&number)
		})
		_ = SetDynamicUpdateHandler(ctx, func(_ Context, name string, _ EncodedValues) (any, error) {
			return name, nil
		}, DynamicUpdateHandlerOptions{})
		err = Await(ctx, func() bool { return len(heard) == 2 })
		return heard, err
	})
	if answer := r.query("any", 1); answer != `"any"` {
		t.Fatal(answer)
	}
	r.ok(r.update("one"), r.signal("two", 2, "b"))
	r.expect(`update u complete "one"`, `complete ["two",[2,"b"]]`)
}

func TestHandlersAtWorkWhenTheRunClosesAreToldOf(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		wait := func(ctx Context) error { return Sleep(ctx, time.Hour) }
		_ = SetSignalHandler(ctx, "told", wait)
		abandon := SignalHandlerOptions{UnfinishedPolicy: HandlerUnfinishedPolicyAbandon}
		_ = SetSignalHandlerWithOptions(ctx, "quiet", wait, abandon)
		GetSignalChannel(ctx, "end").Receive(ctx, nil)
		return nil
	})
	r.ok(r.signal("told"), r.signal("quiet"), r.signal("end"))
	r.expect("timer 3600000", "timer 3600000",
		"log the run closes while 1 handlers of signal told are at work null", "complete null")
}
