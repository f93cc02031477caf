package main

import (
	"fmt"

	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("continue-as-new", continueAsNew)
	register("carried-signal", carriedSignal)
	register("retried-workflow", retriedWorkflow)
}

func continueAsNew(ctx workflow.Context, n int, log []int) ([]int, error) {
	if _, err := activity[int](ctx, "echo", n); err != nil {
		return nil, err
	}
	log = append(log, n)
	if n == 2 {
		return log, nil
	}
	return nil, workflow.NewContinueAsNewError(ctx, "continue-as-new", n+1, log)
}

func carriedSignal(ctx workflow.Context, round int) ([]any, error) {
	if round == 1 {
		return nextTwo(ctx), nil
	}
	if err := waitForSignal(ctx, "go"); err != nil {
		return nil, err
	}
	return nil, workflow.NewContinueAsNewError(ctx, "carried-signal", 1)
}

func retriedWorkflow(ctx workflow.Context) (int32, error) {
	attempt := workflow.GetInfo(ctx).Attempt
	if attempt < 3 {
		return 0, dalsegno.NewApplicationError(fmt.Sprintf("attempt %d", attempt), "Unlucky")
	}
	return attempt, nil
}
