package workflow

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dalsegno"
	"dalsegno/internal/contract"
)

// finish closes the run with what came of it, once.
func (r *run) finish(result contract.Payload, err error) {
	if r.closed {
		return
	}
	var next *ContinueAsNewError
	if errors.As(err, &next) {
		if r.applying {
			// Signals to be carried, or a request to cancel, may still come.
			r.next = next
			return
		}
		if !r.scope.cancelled || !next.within.cancelled {
			r.warnOfHandlers()
			r.continueAsNew(next)
			r.closed = true
			return
		}
		// The next run would know nothing of the request.
		err = next.within.err()
	}
	r.warnOfHandlers()
	for _, waiting := range r.signals.untaken() {
		r.warn("the run closes without having taken %d signals named `%s`", len(waiting.kept), waiting.name)
	}
	var canceled *dalsegno.CanceledError
	switch {
	case err == nil:
		r.host.Complete(result)
	case r.isAnswerToCancel(err) && errors.As(err, &canceled):
		r.host.Cancelled(detailsOf(canceled))
	default:
		r.host.Fail(dalsegno.FailureOf(err))
	}
	r.closed = true
}

func detailsOf(canceled *dalsegno.CanceledError) []contract.Payload {
	kind, _ := dalsegno.FailureOf(canceled)[0].Kind.(contract.Cancelled)
	return kind.Details
}

// isAnswerToCancel tells whether an error is what the request to cancel the run comes to. An ApplicationError that code
// made of it is a failure.
func (r *run) isAnswerToCancel(err error) bool {
	var made *dalsegno.ApplicationError
	if errors.As(err, &made) && dalsegno.IsCanceledError(made) {
		return false
	}
	return r.scope.cancelled && dalsegno.IsCanceledError(err)
}

func (r *run) warnOfHandlers() {
	unfinished := map[string]int{}
	for _, work := range r.handlers.atWork {
		if work.unfinished == HandlerUnfinishedPolicyWarnAndAbandon {
			unfinished[work.name]++
		}
	}
	names := make([]string, 0, len(unfinished))
	for name := range unfinished {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r.warn("the run closes while %d handlers of %s are at work", unfinished[name], name)
	}
}

func (r *run) warn(format string, args ...any) {
	r.host.Log(contract.LevelWarn, fmt.Sprintf(format, args...), nil)
}

// A ContinueAsNewError, returned by a workflow, closes the run, and starts one of the same workflow id with
// a fresh history.
type ContinueAsNewError struct {
	within       *scope
	workflowType string
	args         []any
	options      ContinueAsNewOptions
}

// Error says so.
func (e *ContinueAsNewError) Error() string { return "continue as new: " + e.workflowType }

// ContinueAsNewOptions are those of the next run; what is not set is as in this one.
type ContinueAsNewOptions struct {
	TaskQueue string
	// The time limit of the next run.
	WorkflowRunTimeout time.Duration
	// How the next run is repeated when it fails.
	RetryPolicy *dalsegno.RetryPolicy
	// If set, the next run has these fields, and none of this one.
	Memo map[string]any
	// If set, the next run has these attributes, and none of this one.
	TypedSearchAttributes *dalsegno.SearchAttributes
	// The next run takes the current module of its type, not this run's own.
	CurrentModule bool
	// Values that travel with the start beside its arguments.
	Headers map[string]any
}

// NewContinueAsNewError makes the error to return, with a workflow type by its name or function, and the
// arguments of the next run:
//
//	return workflow.NewContinueAsNewError(ctx, Entity, state)
//
// Signals that nobody has taken go to the next run. Handlers that are at work are given up, with a warning:
// wait for [AllHandlersFinished] before. A run that was asked to cancel closes as cancelled instead, because the
// next one would know nothing of the request; with a context of [NewDisconnectedContext] it goes on all the same.
func NewContinueAsNewError(ctx Context, function any, args ...any) error {
	return NewContinueAsNewErrorWithOptions(ctx, ContinueAsNewOptions{}, function, args...)
}

// NewContinueAsNewErrorWithOptions is [NewContinueAsNewError] with options.
func NewContinueAsNewErrorWithOptions(
	ctx Context, options ContinueAsNewOptions, function any, args ...any,
) error {
	return &ContinueAsNewError{scopeOf(ctx), workflowName(theRun().types, function), args, options}
}

// IsContinueAsNewError tells whether an error is one.
func IsContinueAsNewError(err error) bool {
	var next *ContinueAsNewError
	return errors.As(err, &next)
}

func (r *run) continueAsNew(next *ContinueAsNewError) {
	const call = "continue-as-new"
	options := contract.ContinueAsNewOptions{
		TaskQueue:      next.options.TaskQueue,
		RunTimeoutMs:   dalsegno.Milliseconds(next.options.WorkflowRunTimeout),
		RetryPolicy:    next.options.RetryPolicy.ToContract(),
		CurrentModule:  next.options.CurrentModule,
		CarriedSignals: r.signals.takeAll(func(string) bool { return true }),
		Headers:        r.named(call, next.options.Headers),
	}
	if next.workflowType != r.definition.name {
		options.WorkflowType = next.workflowType
	}
	if next.options.Memo != nil {
		options.Memo = r.named(call, next.options.Memo)
	}
	if attributes := next.options.TypedSearchAttributes; attributes != nil {
		options.SearchAttributes = sorted(attributes.ToContract())
	}
	input := r.encode(call, next.args)
	r.callSite(r.place())
	r.host.ContinueAsNew(input, options)
}

// named encodes values by the order of their names.
func (r *run) named(call string, values map[string]any) []contract.Named {
	payloads := make(map[string]contract.Payload, len(values))
	for name, value := range values {
		payloads[name] = r.encodeOne(call, value)
	}
	return sorted(payloads)
}

// sorted is never nil.
func sorted(values map[string]contract.Payload) []contract.Named {
	list := make([]contract.Named, 0, len(values))
	for name, value := range values {
		list = append(list, contract.Named{Name: name, Value: value})
	}
	slices.SortFunc(list, func(a, b contract.Named) int { return strings.Compare(a.Name, b.Name) })
	return list
}
