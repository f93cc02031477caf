//go:build wasip1

package export_dalsegno_workflow_guest

import (
	"dalsegno/internal/bindings/imports/dalsegno_workflow_activities"
	"dalsegno/internal/bindings/imports/dalsegno_workflow_children"
	"dalsegno/internal/bindings/imports/dalsegno_workflow_run"
	"dalsegno/internal/bindings/imports/dalsegno_workflow_runs"
	"dalsegno/internal/bindings/imports/dalsegno_workflow_telemetry"
	"dalsegno/internal/bindings/imports/dalsegno_workflow_timers"
	"dalsegno/internal/bindings/imports/dalsegno_workflow_updates"
	"dalsegno/internal/contract"
	wit "dalsegno/internal/wit/types"
)

// host is the host that runs this component.
type host struct{}

func (host) ScheduleActivity(
	name string, input []contract.Payload, options contract.ActivityOptions,
) contract.Operation {
	return dalsegno_workflow_activities.Schedule(name, fromPayloads(input), dalsegno_workflow_activities.Options{
		ActivityId:        text(options.ActivityID),
		TaskQueue:         text(options.TaskQueue),
		ScheduleToCloseMs: number(options.ScheduleToCloseMs),
		ScheduleToStartMs: number(options.ScheduleToStartMs),
		StartToCloseMs:    number(options.StartToCloseMs),
		HeartbeatMs:       number(options.HeartbeatMs),
		RetryPolicy:       fromRetryPolicy(options.RetryPolicy),
		CancellationType:  options.CancellationType,
		Summary:           text(options.Summary),
		Headers:           fromNamed(options.Headers),
	})
}

func (host) ScheduleLocalActivity(
	name string, input []contract.Payload, options contract.ActivityOptions,
) contract.Operation {
	given := dalsegno_workflow_activities.LocalOptions{
		ActivityId:            text(options.ActivityID),
		ScheduleToCloseMs:     number(options.ScheduleToCloseMs),
		StartToCloseMs:        number(options.StartToCloseMs),
		RetryPolicy:           fromRetryPolicy(options.RetryPolicy),
		LocalRetryThresholdMs: number(options.LocalRetryThresholdMs),
		CancellationType:      options.CancellationType,
		Summary:               text(options.Summary),
		Headers:               fromNamed(options.Headers),
	}
	return dalsegno_workflow_activities.ScheduleLocal(name, fromPayloads(input), given)
}

func (host) CancelActivity(operation contract.Operation) bool {
	return dalsegno_workflow_activities.Cancel(operation)
}

func (host) StartTimer(durationMs uint64, summary string) contract.Operation {
	options := dalsegno_workflow_timers.Options{Summary: text(summary)}
	return dalsegno_workflow_timers.Start(durationMs, options)
}

func (host) CancelTimer(operation contract.Operation) bool {
	return dalsegno_workflow_timers.Cancel(operation)
}

func (host) StartChild(
	workflowType string, input []contract.Payload, options contract.ChildOptions,
) contract.Child {
	given := dalsegno_workflow_children.Options{
		WorkflowId:         text(options.WorkflowID),
		Namespace:          text(options.Namespace),
		TaskQueue:          text(options.TaskQueue),
		ExecutionTimeoutMs: number(options.ExecutionTimeoutMs),
		RunTimeoutMs:       number(options.RunTimeoutMs),
		RetryPolicy:        fromRetryPolicy(options.RetryPolicy),
		IdReusePolicy:      options.IDReusePolicy,
		ParentClosePolicy:  options.ParentClosePolicy,
		CancellationType:   options.CancellationType,
		ModulePolicy:       options.ModulePolicy,
		Memo:               fromNamed(options.Memo),
		SearchAttributes:   fromNamed(options.SearchAttributes),
		Summary:            text(options.Summary),
		Headers:            fromNamed(options.Headers),
	}
	child := dalsegno_workflow_children.Start(workflowType, fromPayloads(input), given)
	return contract.Child{Started: child.Started, Closed: child.Closed}
}

func (host) CancelChild(closed contract.Operation, reason string) bool {
	return dalsegno_workflow_children.Cancel(closed, reason)
}

func (host) SignalRun(
	to contract.Target, name string, input []contract.Payload, options contract.SignalOptions,
) contract.Operation {
	given := dalsegno_workflow_runs.SignalOptions{
		ChildOnly: options.ChildOnly, Headers: fromNamed(options.Headers),
	}
	return dalsegno_workflow_runs.Signal(target(to), name, fromPayloads(input), given)
}

func (host) CancelRun(to contract.Target, reason string) contract.Operation {
	return dalsegno_workflow_runs.Cancel(target(to), reason)
}

func target(to contract.Target) dalsegno_workflow_runs.Target {
	return dalsegno_workflow_runs.Target{
		Namespace: text(to.Namespace), WorkflowId: to.WorkflowID, RunId: text(to.RunID),
	}
}

func (host) Info() contract.RunInfo {
	given := dalsegno_workflow_run.Info()
	info := contract.RunInfo{
		Namespace:            given.Namespace,
		WorkflowID:           given.WorkflowId,
		RunID:                given.RunId,
		FirstRunID:           given.FirstRunId,
		ContinuedRunID:       valueOr(given.ContinuedRunId, ""),
		WorkflowType:         given.WorkflowType,
		TaskQueue:            given.TaskQueue,
		Attempt:              given.Attempt,
		StartTimeUs:          given.StartTimeUs,
		ExecutionTimeoutMs:   valueOr(given.ExecutionTimeoutMs, 0),
		RunTimeoutMs:         valueOr(given.RunTimeoutMs, 0),
		RetryPolicy:          retryPolicyOf(given.RetryPolicy),
		Parent:               identity(given.Parent),
		Root:                 identity(given.Root),
		Memo:                 namedOf(given.Memo),
		SearchAttributes:     namedOf(given.SearchAttributes),
		Headers:              namedOf(given.Headers),
		LastCompletionResult: optionalPayloadOf(given.LastCompletionResult),
		ModuleDigest:         given.ModuleDigest,
	}
	if given.LastFailure.Tag() == wit.OptionSome {
		info.LastFailure = failureOf(given.LastFailure.Some())
	}
	return info
}

func identity(option wit.Option[dalsegno_workflow_run.Parent]) *contract.RunIdentity {
	if option.Tag() == wit.OptionNone {
		return nil
	}
	parent := option.Some()
	return &contract.RunIdentity{
		Namespace: parent.Namespace, WorkflowID: parent.WorkflowId, RunID: parent.RunId,
	}
}

func (host) RandomBytes(length uint32) []byte { return dalsegno_workflow_run.RandomBytes(length) }

func (host) Complete(result contract.Payload) {
	dalsegno_workflow_run.Complete(wit.Some(fromPayload(result)))
}

func (host) Fail(failure contract.Failure) { dalsegno_workflow_run.Fail(fromFailure(failure)) }

func (host) Cancelled(details []contract.Payload) {
	dalsegno_workflow_run.Cancelled(fromPayloads(details))
}

func (host) ContinueAsNew(input []contract.Payload, options contract.ContinueAsNewOptions) {
	dalsegno_workflow_run.ContinueAsNew(fromPayloads(input), dalsegno_workflow_run.ContinueAsNewOptions{
		WorkflowType:     text(options.WorkflowType),
		TaskQueue:        text(options.TaskQueue),
		RunTimeoutMs:     number(options.RunTimeoutMs),
		RetryPolicy:      fromRetryPolicy(options.RetryPolicy),
		Memo:             some(fromNamed(options.Memo), options.Memo != nil),
		SearchAttributes: some(fromNamed(options.SearchAttributes), options.SearchAttributes != nil),
		CurrentModule:    options.CurrentModule,
		CarriedSignals:   each(options.CarriedSignals, fromRequest),
		Headers:          fromNamed(options.Headers),
	})
}

func (host) Patched(id string) bool { return dalsegno_workflow_run.Patched(id) }

func (host) DeprecatePatch(id string) { dalsegno_workflow_run.DeprecatePatch(id) }

func (host) GetVersion(changeID string, minimum, maximum int32) int32 {
	return dalsegno_workflow_run.GetVersion(changeID, minimum, maximum)
}

func (host) UpsertSearchAttributes(attributes []contract.Change) {
	dalsegno_workflow_run.UpsertSearchAttributes(fromChanges(attributes))
}

func (host) SetMemo(fields []contract.Change) { dalsegno_workflow_run.SetMemo(fromChanges(fields)) }

func (host) SetDetails(details string) { dalsegno_workflow_run.SetDetails(details) }

func (host) CompleteUpdate(id string, result contract.Payload) {
	dalsegno_workflow_updates.Complete(id, wit.Some(fromPayload(result)))
}

func (host) FailUpdate(id string, failure contract.Failure) {
	dalsegno_workflow_updates.Fail(id, fromFailure(failure))
}

func (host) Log(level uint8, message string, fields []contract.Tag) {
	dalsegno_workflow_telemetry.Log(level, message, fromTags(fields))
}

func (host) Count(name string, value uint64, tags []contract.Tag) {
	dalsegno_workflow_telemetry.Count(name, value, fromTags(tags))
}

func (host) Record(name string, value float64, tags []contract.Tag) {
	dalsegno_workflow_telemetry.Record(name, value, fromTags(tags))
}

func (host) WantsCallSites() bool { return dalsegno_workflow_telemetry.WantsCallSites() }

func (host) CallSite(frames []string) { dalsegno_workflow_telemetry.CallSite(frames) }
