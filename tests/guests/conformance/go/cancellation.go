package main

import (
	"time"

	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("cancel-uncaught", cancelUncaught)
	register("cancel-caught", cancelCaught)
	register("cancel-with-clean-up", cancelWithCleanUp)
	register("inner-scope", innerScope)
	register("outer-scope", outerScope)
}

func cancelUncaught(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) }

func cancelCaught(ctx workflow.Context) (string, error) {
	return cancelledOr(workflow.Sleep(ctx, time.Hour), "caught")
}

func cancelWithCleanUp(ctx workflow.Context) error {
	_, err := activity[any](ctx, "hang")
	if dalsegno.IsCanceledError(err) {
		apart, _ := workflow.NewDisconnectedContext(ctx)
		if _, err := activity[string](apart, "echo", "clean up"); err != nil {
			return err
		}
	}
	return err
}

func innerScope(ctx workflow.Context) ([]string, error) {
	var log []string
	outer, _ := workflow.WithCancel(ctx)
	inner, stop := workflow.WithCancel(outer)
	handle(ctx, "stop", func() { stop() })
	if _, err := activity[any](inner, "hang"); dalsegno.IsCanceledError(err) {
		log = append(log, "inner")
	}
	if _, err := activity[string](outer, "echo", "after"); err != nil {
		return nil, err
	}
	return append(log, "outer goes on"), nil
}

func outerScope(ctx workflow.Context) ([]string, error) {
	var log []string
	outer, stop := workflow.WithCancel(ctx)
	inner, _ := workflow.WithCancel(outer)
	handle(ctx, "stop", func() { stop() })
	if _, err := activity[any](inner, "hang"); dalsegno.IsCanceledError(err) {
		log = append(log, "inner")
		if outer.Err() != nil {
			log = append(log, "outer")
		}
	}
	if _, err := activity[string](ctx, "echo", "after"); err != nil {
		return nil, err
	}
	return append(log, "main goes on"), nil
}
