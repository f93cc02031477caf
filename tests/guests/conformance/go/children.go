package main

import (
	"errors"

	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("child-greets", childGreets)
	register("child-fails", childFails)
	register("child-waits", childWaits)
	register("child-executed", childExecuted)
	register("child-failure", childFailure)
	register("child-failure-caught", childFailureCaught)
	register("child-cancelled", childCancelled)
	register("child-signalled", childSignalled)
	register("child-abandoned", childAbandoned)
	register("child-id-taken", childIDTaken)
	register("external", external)
	register("external-missing", externalMissing)
}

func childGreets(ctx workflow.Context, name string) (string, error) {
	return activity[string](ctx, "echo", "Hello, "+name)
}

func childFails(workflow.Context) error {
	return dalsegno.NewApplicationError("the child has failed", "ChildFailed", 1)
}

func childWaits(ctx workflow.Context) ([]any, error) {
	notes := []any{}
	handle(ctx, "note", func(value any) { notes = append(notes, value) })
	err := waitForSignal(ctx, "finish")
	return notes, err
}

func childID(ctx workflow.Context) string {
	return workflow.GetInfo(ctx).WorkflowExecution.ID + "-child"
}

func startChild(ctx workflow.Context, child any, args ...any) workflow.ChildWorkflowFuture {
	return workflow.ExecuteChildWorkflow(workflow.WithWorkflowID(ctx, childID(ctx)), child, args...)
}

func childExecuted(ctx workflow.Context) (greeting string, err error) {
	err = startChild(ctx, childGreets, "World").Get(ctx, &greeting)
	return greeting, err
}

func childFailure(ctx workflow.Context) error { return startChild(ctx, childFails).Get(ctx, nil) }

func childFailureCaught(ctx workflow.Context) (map[string]any, error) {
	err := startChild(ctx, childFails).Get(ctx, nil)
	var failed *dalsegno.ChildWorkflowExecutionError
	if !errors.As(err, &failed) {
		return nil, err
	}
	return map[string]any{
		"message": application(err).Message(), "type": application(err).Type(),
		"workflow_id": failed.WorkflowID(), "workflow_type": failed.WorkflowType(),
	}, nil
}

func childCancelled(ctx workflow.Context) (string, error) {
	goOn := flag(ctx, "go")
	inner, cancel := workflow.WithCancel(ctx)
	child := startChild(inner, childWaits)
	if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		return "", err
	}
	if err := wait(ctx, goOn); err != nil {
		return "", err
	}
	cancel()
	return cancelledOr(child.Get(ctx, nil), "cancelled")
}

func childSignalled(ctx workflow.Context) (notes []any, err error) {
	child := startChild(ctx, childWaits)
	if err := child.SignalChildWorkflow(ctx, "note", "from the parent").Get(ctx, nil); err != nil {
		return nil, err
	}
	err = child.Get(ctx, &notes)
	return notes, err
}

func childAbandoned(ctx workflow.Context) (string, error) {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: childID(ctx), ParentClosePolicy: workflow.ParentCloseAbandon,
	})
	var child workflow.Execution
	err := workflow.ExecuteChildWorkflow(ctx, childWaits).GetChildWorkflowExecution().Get(ctx, &child)
	return child.ID, err
}

func childIDTaken(ctx workflow.Context) (string, error) {
	err := startChild(ctx, childWaits).GetChildWorkflowExecution().Get(ctx, nil)
	return application(err).Type(), nil
}

func external(ctx workflow.Context, target string) (string, error) {
	goOn := flag(ctx, "go")
	err := workflow.SignalExternalWorkflow(ctx, target, "", "note", "from outside").Get(ctx, nil)
	if err != nil {
		return "", err
	}
	if err := wait(ctx, goOn); err != nil {
		return "", err
	}
	return "done", workflow.RequestCancelExternalWorkflow(ctx, target, "").Get(ctx, nil)
}

func externalMissing(ctx workflow.Context) ([]string, error) {
	signalled := workflow.SignalExternalWorkflow(ctx, "nobody", "", "note", "x").Get(ctx, nil)
	cancelled := workflow.RequestCancelExternalWorkflow(ctx, "nobody", "").Get(ctx, nil)
	return []string{application(signalled).Type(), application(cancelled).Type()}, nil
}
