package workflow

import (
	"errors"
	"time"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

// Type names a workflow type.
type Type struct{ Name string }

// Info is what a run knows of itself. Memo and search attributes are as the run has changed them.
type Info struct {
	Namespace         string
	WorkflowExecution Execution
	WorkflowType      Type
	TaskQueueName     string
	// Of the workflow's own retry policy, from 1.
	Attempt int32
	// The first run of the chain of continue-as-new, retries and resets.
	FirstRunID string
	// The run that this one continues; empty if there is none.
	ContinuedExecutionRunID  string
	WorkflowStartTime        time.Time
	WorkflowExecutionTimeout time.Duration
	WorkflowRunTimeout       time.Duration
	RetryPolicy              *dalsegno.RetryPolicy
	// Who started it, if a workflow did.
	ParentWorkflowNamespace string
	ParentWorkflowExecution *Execution
	// The top of the tree of parents, if a workflow started it.
	RootWorkflowExecution *Execution
	Memo                  map[string]dalsegno.Payload
	TypedSearchAttributes dalsegno.SearchAttributes
	// What travelled with the start beside the arguments; see [GetHeaders].
	Headers map[string]dalsegno.Payload
	// The digest of its module.
	ModuleDigest string

	run *run
}

// GetInfo tells what this run knows of itself.
func GetInfo(Context) *Info {
	r := theRun()
	info := r.host.Info()
	made := &Info{
		Namespace:                info.Namespace,
		WorkflowExecution:        Execution{ID: info.WorkflowID, RunID: info.RunID},
		WorkflowType:             Type{info.WorkflowType},
		TaskQueueName:            info.TaskQueue,
		Attempt:                  int32(info.Attempt),
		FirstRunID:               info.FirstRunID,
		ContinuedExecutionRunID:  info.ContinuedRunID,
		WorkflowStartTime:        time.UnixMicro(int64(info.StartTimeUs)).UTC(),
		WorkflowExecutionTimeout: time.Duration(info.ExecutionTimeoutMs) * time.Millisecond,
		WorkflowRunTimeout:       time.Duration(info.RunTimeoutMs) * time.Millisecond,
		RetryPolicy:              dalsegno.RetryPolicyOf(info.RetryPolicy),
		RootWorkflowExecution:    execution(info.Root),
		ParentWorkflowExecution:  execution(info.Parent),
		Memo:                     changed(info.Memo, r.upserted.memo),
		Headers:                  changed(info.Headers, nil),
		ModuleDigest:             info.ModuleDigest,
		run:                      r,
	}
	made.TypedSearchAttributes =
		dalsegno.SearchAttributesOf(changed(info.SearchAttributes, r.upserted.searchAttributes))
	if info.Parent != nil {
		made.ParentWorkflowNamespace = info.Parent.Namespace
	}
	return made
}

func execution(identity *contract.RunIdentity) *Execution {
	if identity == nil {
		return nil
	}
	return &Execution{ID: identity.WorkflowID, RunID: identity.RunID}
}

// GetCurrentHistoryLength counts the events before the present activation.
func (i *Info) GetCurrentHistoryLength() int { return int(i.run.activation.HistoryEvents) }

// GetCurrentHistorySize is the size of those events in bytes.
func (i *Info) GetCurrentHistorySize() int { return int(i.run.activation.HistoryBytes) }

// GetContinueAsNewSuggested tells whether it is time to continue as new.
func (i *Info) GetContinueAsNewSuggested() bool { return i.run.activation.ContinueAsNewSuggested }

// A ContinueAsNewSuggestedReason says why it is time to continue as new.
type ContinueAsNewSuggestedReason uint8

// Why it is time to continue as new.
const (
	ContinueAsNewHistoryEvents ContinueAsNewSuggestedReason = iota
	ContinueAsNewHistoryBytes
	ContinueAsNewUpdates
)

// GetContinueAsNewSuggestedReasons says why it is time to continue as new.
func (i *Info) GetContinueAsNewSuggestedReasons() []ContinueAsNewSuggestedReason {
	var reasons []ContinueAsNewSuggestedReason
	for _, reason := range i.run.activation.Reasons {
		reasons = append(reasons, ContinueAsNewSuggestedReason(reason))
	}
	return reasons
}

// GetTypedSearchAttributes gives the search attributes as the run has changed them.
func GetTypedSearchAttributes(ctx Context) dalsegno.SearchAttributes {
	return GetInfo(ctx).TypedSearchAttributes
}

// HasLastCompletionResult tells whether the last run of the same schedule or chain left a result.
func HasLastCompletionResult(Context) bool { return theRun().host.Info().LastCompletionResult != nil }

// GetLastCompletionResult reads the result of the last run of the same schedule or chain.
func GetLastCompletionResult(_ Context, valuePtr any) error {
	result := theRun().host.Info().LastCompletionResult
	if result == nil {
		return errors.New("no run before this one left a result")
	}
	return codec.Decode(result, valuePtr)
}

// GetLastError gives the failure of the last run of the same schedule or chain; nil if it did not fail.
func GetLastError(Context) error { return dalsegno.ErrorOf(theRun().host.Info().LastFailure) }
