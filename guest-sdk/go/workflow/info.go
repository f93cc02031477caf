package workflow

import (
	"cmp"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
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

type headersKey struct{}

// handling gives the context of a handler's call.
func handling(ctx Context, request contract.Request) Context {
	return WithValue(ctx, headersKey{}, changed(request.Headers, nil))
}

// GetHeaders gives what travelled beside the arguments: with the signal, the update or the query that the code with
// this context handles; elsewhere with the start of the run. Nothing of it goes on by itself: the options of what is
// called have Headers.
func GetHeaders(ctx Context) map[string]dalsegno.Payload {
	if headers, ok := ctx.Value(headersKey{}).(map[string]dalsegno.Payload); ok {
		return headers
	}
	return changed(theRun().host.Info().Headers, nil)
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

// IsReplaying tells whether the past is being repeated. Nothing but output for people may depend on it.
func IsReplaying(Context) bool { return theRun().activation.Replaying }

// NewRandom makes a generator from the run's own seed. math/rand and crypto/rand give the same when a run
// is replayed, too; after a reset of the run this one and crypto/rand go other ways than before, math/rand
// does not.
func NewRandom(Context) *rand.Rand {
	r := theRun()
	r.here("drawing random bytes")
	var seed [32]byte
	copy(seed[:], r.host.RandomBytes(uint32(len(seed))))
	return rand.New(rand.NewChaCha8(seed))
}

// DeterministicKeys gives the keys of a map in their order. To range over a map repeats its order too; this is one that
// people can follow.
func DeterministicKeys[K cmp.Ordered, V any](of map[K]V) []K { return slices.Sorted(maps.Keys(of)) }

// A Value is what [SideEffect] gives.
type Value interface {
	// Get reads it into what valuePtr points to.
	Get(valuePtr any) error
	// HasValue tells whether it is other than nil.
	HasValue() bool
}

type sideEffect struct{ value any }

func (s sideEffect) Get(valuePtr any) error { return assign(s.value, valuePtr) }
func (s sideEffect) HasValue() bool         { return s.value != nil }

// SideEffect calls a function, and that is all: time and randomness are repeated by the host, so nothing
// has to be recorded. It is there for code that was written for Temporal.
func SideEffect(ctx Context, function func(ctx Context) any) Value { return sideEffect{function(ctx)} }

// MutableSideEffect is as trivial as [SideEffect].
func MutableSideEffect(
	ctx Context, _ string, function func(ctx Context) any, _ func(a, b any) bool,
) Value {
	return sideEffect{function(ctx)}
}
