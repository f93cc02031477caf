package main

import (
	"time"

	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("cancel-several", cancelSeveral)
	register("cancel-becomes-failure", cancelBecomesFailure)
}

func cancelSeveral(ctx workflow.Context) error {
	hanging := start(ctx, "hang")
	timer := workflow.NewTimer(ctx, time.Hour)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        childID(ctx),
		CancellationType:  workflow.ChildCancelTry,
		ParentClosePolicy: workflow.ParentCloseAbandon,
	}), childWaits)
	for _, future := range []workflow.Future{hanging, timer, child} {
		if err := future.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func cancelBecomesFailure(ctx workflow.Context) error {
	err := start(ctx, "hang").Get(ctx, nil)
	if dalsegno.IsCanceledError(err) {
		return dalsegno.NewApplicationErrorWithCause("not released", "CleanUpFailed", err)
	}
	return err
}
