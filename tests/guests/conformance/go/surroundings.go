package main

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("patches", patches)
	register("draws", draws)
	register("attributes", attributes)
	register("info", info)
	register("info-of-child", infoOfChild)
}

func patches(ctx workflow.Context) (result any, err error) {
	a, b := workflow.Patched(ctx, "first"), workflow.Patched(ctx, "first")
	workflow.DeprecatePatch(ctx, "second")
	v, w := workflow.GetVersion(ctx, "third", 1, 3), workflow.GetVersion(ctx, "third", 1, 3)
	return activity[any](ctx, "echo", []any{a, b, v, w})
}

// uuid is made as libraries make it.
func uuid() string {
	var bytes [16]byte
	_, err := rand.Read(bytes[:])
	must(err)
	bytes[6], bytes[8] = bytes[6]&0x0f|0x40, bytes[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", bytes[:4], bytes[4:6], bytes[6:8], bytes[8:10], bytes[10:])
}

func draws(ctx workflow.Context) (map[string]bool, error) {
	u1, u2 := uuid(), uuid()
	r1, r2 := mathrand.Int64(), mathrand.Int64()
	t1, t2 := time.Now(), time.Now()
	// The order of a map is drawn, too.
	order := ""
	for key := range map[string]bool{"a": true, "b": true, "c": true, "d": true, "e": true, "f": true} {
		order += key
	}
	if _, err := activity[string](ctx, "echo", fmt.Sprint(u1, u2, r1, r2, t1.UnixMicro(), order)); err != nil {
		return nil, err
	}
	if err := workflow.Sleep(ctx, 50*time.Millisecond); err != nil {
		return nil, err
	}
	return map[string]bool{
		"moved": time.Since(t1) >= 50*time.Millisecond, "random_differ": r1 != r2, "still": t1.Equal(t2),
		"uuids_differ": u1 != u2,
	}, nil
}

func attributes(ctx workflow.Context) error {
	count := dalsegno.NewSearchAttributeKeyInt64("Count")
	done := dalsegno.NewSearchAttributeKeyBool("Done")
	must(workflow.UpsertTypedSearchAttributes(ctx,
		count.ValueSet(3),
		done.ValueSet(true),
		dalsegno.NewSearchAttributeKeyTime("Due").ValueSet(time.Date(2001, 9, 9, 1, 46, 40, 0, time.UTC)),
		dalsegno.NewSearchAttributeKeyKeywordList("Labels").ValueSet([]string{"a", "b"}),
		dalsegno.NewSearchAttributeKeyKeyword("Region").ValueSet("IS"),
		dalsegno.NewSearchAttributeKeyFloat64("Share").ValueSet(0.5),
		dalsegno.NewSearchAttributeKeyString("Words").ValueSet("two words"),
	))
	nested := map[string]any{"a": []int{1}}
	must(workflow.UpsertMemo(ctx, map[string]any{"gone": "soon", "nested": nested, "step": 1}))
	if _, err := activity[string](ctx, "echo", "between"); err != nil {
		return err
	}
	must(workflow.UpsertTypedSearchAttributes(ctx, count.ValueSet(4), done.ValueUnset()))
	must(workflow.UpsertMemo(ctx, map[string]any{"gone": nil, "step": 2}))
	return nil
}

func info(ctx workflow.Context) (map[string]any, error) {
	known := workflow.GetInfo(ctx)
	var parent any
	if known.ParentWorkflowExecution != nil {
		parent = known.ParentWorkflowExecution.ID
	}
	return map[string]any{
		"attempt": known.Attempt, "continued": known.ContinuedExecutionRunID != "",
		"first": known.FirstRunID == known.WorkflowExecution.RunID, "namespace": known.Namespace,
		"parent": parent, "task_queue": known.TaskQueueName, "workflow_id": known.WorkflowExecution.ID,
		"workflow_type": known.WorkflowType.Name,
	}, nil
}

func infoOfChild(ctx workflow.Context) (result map[string]any, err error) {
	err = startChild(ctx, "info").Get(ctx, &result)
	return result, err
}
