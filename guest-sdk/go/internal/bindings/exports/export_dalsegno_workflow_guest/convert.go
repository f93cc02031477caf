//go:build wasip1

package export_dalsegno_workflow_guest

import (
	types "dalsegno/internal/bindings/imports/dalsegno_workflow_types"
	"dalsegno/internal/contract"
	wit "dalsegno/internal/wit/types"
)

// Values that travel by their names.
type named = []wit.Tuple2[string, types.Payload]

func text(value string) wit.Option[string] { return some(value, value != "") }

func number(value uint64) wit.Option[uint64] { return some(value, value != 0) }

func some[T any](value T, there bool) wit.Option[T] {
	if !there {
		return wit.None[T]()
	}
	return wit.Some(value)
}

func valueOr[T any](option wit.Option[T], otherwise T) T {
	if option.Tag() == wit.OptionNone {
		return otherwise
	}
	return option.Some()
}

func fromPayload(payload contract.Payload) types.Payload {
	made := types.Payload{Data: payload.Data}
	for _, entry := range payload.Metadata {
		made.Metadata = append(made.Metadata, wit.Tuple2[string, []uint8]{F0: entry.Key, F1: entry.Value})
	}
	return made
}

func payloadOf(payload types.Payload) contract.Payload {
	made := contract.Payload{Data: payload.Data}
	for _, entry := range payload.Metadata {
		made.Metadata = append(made.Metadata, contract.Entry{Key: entry.F0, Value: entry.F1})
	}
	return made
}

func optionalPayloadOf(payload wit.Option[types.Payload]) *contract.Payload {
	if payload.Tag() == wit.OptionNone {
		return nil
	}
	made := payloadOf(payload.Some())
	return &made
}

func fromPayloads(payloads []contract.Payload) []types.Payload { return each(payloads, fromPayload) }

func payloadsOf(payloads []types.Payload) []contract.Payload { return each(payloads, payloadOf) }

func each[A, B any](values []A, convert func(A) B) []B {
	converted := make([]B, 0, len(values))
	for _, value := range values {
		converted = append(converted, convert(value))
	}
	return converted
}

func fromNamed(values []contract.Named) named {
	return each(values, func(value contract.Named) wit.Tuple2[string, types.Payload] {
		return wit.Tuple2[string, types.Payload]{F0: value.Name, F1: fromPayload(value.Value)}
	})
}

func namedOf(values named) []contract.Named {
	return each(values, func(value wit.Tuple2[string, types.Payload]) contract.Named {
		return contract.Named{Name: value.F0, Value: payloadOf(value.F1)}
	})
}

func fromChanges(changes []contract.Change) []wit.Tuple2[string, wit.Option[types.Payload]] {
	return each(changes, func(change contract.Change) wit.Tuple2[string, wit.Option[types.Payload]] {
		value := wit.None[types.Payload]()
		if change.Value != nil {
			value = wit.Some(fromPayload(*change.Value))
		}
		return wit.Tuple2[string, wit.Option[types.Payload]]{F0: change.Name, F1: value}
	})
}

func fromTags(tags []contract.Tag) []wit.Tuple2[string, string] {
	return each(tags, func(tag contract.Tag) wit.Tuple2[string, string] {
		return wit.Tuple2[string, string]{F0: tag.Key, F1: tag.Value}
	})
}

func requestOf(request types.Request) contract.Request {
	return contract.Request{
		ID: request.Id, Name: request.Name, Input: payloadsOf(request.Input), Headers: namedOf(request.Headers),
	}
}

func fromRequest(request contract.Request) types.Request {
	return types.Request{
		Id: request.ID, Name: request.Name, Input: fromPayloads(request.Input), Headers: fromNamed(request.Headers),
	}
}

func fromRetryPolicy(policy *contract.RetryPolicy) wit.Option[types.RetryPolicy] {
	if policy == nil {
		return wit.None[types.RetryPolicy]()
	}
	return wit.Some(types.RetryPolicy{
		InitialIntervalMs:      number(policy.InitialIntervalMs),
		BackoffCoefficient:     some(policy.BackoffCoefficient, policy.BackoffCoefficient != 0),
		MaximumIntervalMs:      number(policy.MaximumIntervalMs),
		MaximumAttempts:        some(policy.MaximumAttempts, policy.MaximumAttempts != 0),
		NonRetryableErrorTypes: policy.NonRetryableErrorTypes,
	})
}

func retryPolicyOf(option wit.Option[types.RetryPolicy]) *contract.RetryPolicy {
	if option.Tag() == wit.OptionNone {
		return nil
	}
	policy := option.Some()
	return &contract.RetryPolicy{
		InitialIntervalMs:      valueOr(policy.InitialIntervalMs, 0),
		BackoffCoefficient:     valueOr(policy.BackoffCoefficient, 0),
		MaximumIntervalMs:      valueOr(policy.MaximumIntervalMs, 0),
		MaximumAttempts:        valueOr(policy.MaximumAttempts, 0),
		NonRetryableErrorTypes: policy.NonRetryableErrorTypes,
	}
}

func fromFailure(failure contract.Failure) types.Failure {
	return types.Failure{Causes: each(failure, func(cause contract.Cause) types.Cause {
		return types.Cause{Message: cause.Message, StackTrace: cause.StackTrace, Kind: fromKind(cause.Kind)}
	})}
}

func fromKind(kind contract.CauseKind) types.CauseKind {
	switch kind := kind.(type) {
	case contract.Application:
		delay := wit.None[uint64]()
		if kind.NextRetryDelayMs != nil {
			delay = wit.Some(*kind.NextRetryDelayMs)
		}
		return types.MakeCauseKindApplication(types.ApplicationFailure{
			Type: kind.Type, NonRetryable: kind.NonRetryable, Details: fromPayloads(kind.Details),
			NextRetryDelayMs: delay,
		})
	case contract.Cancelled:
		return types.MakeCauseKindCancelled(fromPayloads(kind.Details))
	case contract.Terminated:
		return types.MakeCauseKindTerminated()
	case contract.Timeout:
		details := fromPayloads(kind.LastHeartbeatDetails)
		return types.MakeCauseKindTimeout(types.TimeoutFailure{Kind: kind.Kind, LastHeartbeatDetails: details})
	case contract.Activity:
		return types.MakeCauseKindActivity(types.ActivityFailure{
			ActivityType: kind.ActivityType, ActivityId: kind.ActivityID, Attempts: kind.Attempts,
			RetryState: kind.RetryState,
		})
	case contract.ChildWorkflow:
		return types.MakeCauseKindChildWorkflow(types.ChildWorkflowFailure{
			Namespace: kind.Namespace, WorkflowId: kind.WorkflowID, RunId: kind.RunID,
			WorkflowType: kind.WorkflowType, RetryState: kind.RetryState,
		})
	default:
		return types.MakeCauseKindServer()
	}
}

// failureOf is never empty, though a faulty host may give a failure without a cause.
func failureOf(failure types.Failure) contract.Failure {
	if len(failure.Causes) == 0 {
		return contract.Failure{{Message: "the host gave a failure without a cause", Kind: contract.Server{}}}
	}
	return each(failure.Causes, func(cause types.Cause) contract.Cause {
		return contract.Cause{Message: cause.Message, StackTrace: cause.StackTrace, Kind: kindOf(cause.Kind)}
	})
}

func kindOf(kind types.CauseKind) contract.CauseKind {
	switch kind.Tag() {
	case types.CauseKind_Application:
		given := kind.Application()
		made := contract.Application{
			Type: given.Type, NonRetryable: given.NonRetryable, Details: payloadsOf(given.Details),
		}
		if given.NextRetryDelayMs.Tag() == wit.OptionSome {
			delay := given.NextRetryDelayMs.Some()
			made.NextRetryDelayMs = &delay
		}
		return made
	case types.CauseKind_Cancelled:
		return contract.Cancelled{Details: payloadsOf(kind.Cancelled())}
	case types.CauseKind_Terminated:
		return contract.Terminated{}
	case types.CauseKind_Timeout:
		given := kind.Timeout()
		details := payloadsOf(given.LastHeartbeatDetails)
		return contract.Timeout{Kind: given.Kind, LastHeartbeatDetails: details}
	case types.CauseKind_Activity:
		given := kind.Activity()
		return contract.Activity{
			ActivityType: given.ActivityType, ActivityID: given.ActivityId, Attempts: given.Attempts,
			RetryState: given.RetryState,
		}
	case types.CauseKind_ChildWorkflow:
		given := kind.ChildWorkflow()
		return contract.ChildWorkflow{
			Namespace: given.Namespace, WorkflowID: given.WorkflowId, RunID: given.RunId,
			WorkflowType: given.WorkflowType, RetryState: given.RetryState,
		}
	default:
		return contract.Server{}
	}
}
