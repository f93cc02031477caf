package main

import (
	"time"

	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("local-activity-options", localActivityOptions)
	register("child-options", childOptions)
	register("continue-as-new-options", continueAsNewOptions)
}

func localActivityOptions(ctx workflow.Context) (attempt int, err error) {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ActivityID:             "my-id",
		ScheduleToCloseTimeout: 40 * time.Second,
		StartToCloseTimeout:    10 * time.Second,
		RetryPolicy:            retry(3),
		LocalRetryThreshold:    30 * time.Second,
		CancellationType:       workflow.CancelWait,
		Summary:                "for people",
	})
	err = workflow.ExecuteLocalActivity(ctx, "succeeds-at", 2).Get(ctx, &attempt)
	return attempt, err
}

func inIceland() dalsegno.SearchAttributes {
	return dalsegno.NewSearchAttributes(dalsegno.NewSearchAttributeKeyKeyword("Region").ValueSet("IS"))
}

func childOptions(ctx workflow.Context) (greeting string, err error) {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:               childID(ctx),
		WorkflowExecutionTimeout: 80 * time.Second,
		WorkflowRunTimeout:       40 * time.Second,
		RetryPolicy:              retry(3),
		WorkflowIDReusePolicy:    workflow.WorkflowIDReuseFailedOnly,
		ParentClosePolicy:        workflow.ParentCloseRequestCancel,
		CancellationType:         workflow.ChildCancelWaitRequested,
		ModulePolicy:             workflow.ModuleCurrent,
		Memo:                     map[string]any{"note": "of the child"},
		TypedSearchAttributes:    inIceland(),
		Summary:                  "for people",
	})
	err = workflow.ExecuteChildWorkflow(ctx, childGreets, "World").Get(ctx, &greeting)
	return greeting, err
}

func continueAsNewOptions(ctx workflow.Context) (string, error) {
	attributes := inIceland()
	return "", workflow.NewContinueAsNewErrorWithOptions(ctx, workflow.ContinueAsNewOptions{
		WorkflowRunTimeout:    40 * time.Second,
		RetryPolicy:           retry(3),
		Memo:                  map[string]any{"note": "of the next run"},
		TypedSearchAttributes: &attributes,
	}, childGreets, "again")
}
