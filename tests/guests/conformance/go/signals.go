package main

import (
	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("signals", signals)
	register("async-signal-handler", asyncSignalHandler)
	register("all-handlers-finished", allHandlersFinished)
	register("buffered-signal", bufferedSignal)
	register("signal-fails", signalFails)
	register("dynamic-handlers", dynamicHandlers)
	register("queries", queries)
}

func signals(ctx workflow.Context) ([]any, error) {
	values := []any{}
	must(workflow.SetQueryHandler(ctx, "count", func() (int, error) { return len(values), nil }))
	handle(ctx, "add", func(value any) { values = append(values, value) })
	err := waitForSignal(ctx, "done")
	return values, err
}

func asyncSignalHandler(ctx workflow.Context) (int, error) {
	total := 0
	handle(ctx, "work", func(ctx workflow.Context, n int) error {
		r, err := activity[int](ctx, "echo", n)
		total += r
		return err
	})
	done := flag(ctx, "done")
	err := workflow.Await(ctx, func() bool { return *done && workflow.AllHandlersFinished(ctx) })
	return total, err
}

func allHandlersFinished(ctx workflow.Context) ([]any, error) {
	held, finished := 0, 0
	released, done := false, false
	must(workflow.SetQueryHandler(ctx, "held", func() (int, error) { return held, nil }))
	must(workflow.SetQueryHandler(ctx, "done", func() (bool, error) { return done, nil }))
	handle(ctx, "hold", func(ctx workflow.Context) error {
		held++
		if err := wait(ctx, &released); err != nil {
			return err
		}
		if _, err := activity[string](ctx, "echo", "held"); err != nil {
			return err
		}
		finished++
		return nil
	})
	handle(ctx, "release", func() { released = true })
	handle(ctx, "done", func() { done = true })
	if err := wait(ctx, &done); err != nil {
		return nil, err
	}
	before := workflow.AllHandlersFinished(ctx)
	err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	return []any{before, finished}, err
}

func bufferedSignal(ctx workflow.Context) ([]any, error) {
	if err := waitForSignal(ctx, "go"); err != nil {
		return nil, err
	}
	return nextTwo(ctx), nil
}

// nextTwo gives the next two signals named late.
func nextTwo(ctx workflow.Context) []any {
	late := workflow.GetSignalChannel(ctx, "late")
	values := make([]any, 2)
	for index := range values {
		late.Receive(ctx, &values[index])
	}
	return values
}

func signalFails(ctx workflow.Context) error {
	handle(ctx, "bad", func() error {
		return dalsegno.NewApplicationError("the signal is refused", "BadSignal")
	})
	return workflow.Await(ctx, func() bool { return false })
}

func dynamicHandlers(ctx workflow.Context) ([]any, error) {
	heard := []any{}
	done := flag(ctx, "done")
	hear := func(name string, args workflow.EncodedValues) int {
		heard = append(heard, []any{name, args})
		return len(heard)
	}
	signal := func(_ workflow.Context, name string, args workflow.EncodedValues) error {
		hear(name, args)
		return nil
	}
	must(workflow.SetDynamicSignalHandler(ctx, signal))
	must(workflow.SetQueryHandler(ctx, "count", func() (int, error) { return len(heard), nil }))
	must(workflow.SetDynamicQueryHandler(ctx, func(name string, args workflow.EncodedValues) (any, error) {
		return []any{name, args, len(heard)}, nil
	}))
	options := workflow.DynamicUpdateHandlerOptions{
		Validator: func(_ workflow.Context, name string, _ workflow.EncodedValues) error {
			if name == "forbidden" {
				return dalsegno.NewApplicationError("this name is not taken", "Forbidden")
			}
			return nil
		},
	}
	update := func(_ workflow.Context, name string, args workflow.EncodedValues) (any, error) {
		return hear("update "+name, args), nil
	}
	must(workflow.SetDynamicUpdateHandler(ctx, update, options))
	err := wait(ctx, done)
	return heard, err
}

func queries(ctx workflow.Context) (int, error) {
	state, counter := "", 0
	done := flag(ctx, "done")
	answers := map[string]any{
		"state": func() (string, error) { return state, nil },
		"add":   func(a, b int) (int, error) { return a + b, nil },
		"refused": func() (any, error) {
			return nil, dalsegno.NewApplicationError("not yet", "NotReady")
		},
		"bump": func() (int, error) {
			counter++
			return counter, nil
		},
	}
	for name, answer := range answers {
		must(workflow.SetQueryHandler(ctx, name, answer))
	}
	state = "waiting"
	if err := wait(ctx, done); err != nil {
		return 0, err
	}
	state = "done"
	return counter, nil
}
