package workflow

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

// A ParentClosePolicy says what happens to a child when this run closes.
type ParentClosePolicy uint8

// What happens to a child when this run closes.
const (
	ParentCloseTerminate ParentClosePolicy = iota
	ParentCloseAbandon
	ParentCloseRequestCancel
)

// A ChildCancellationType says what cancelling a child waits for.
type ChildCancellationType uint8

// What cancelling a child waits for.
const (
	// The child's end.
	ChildCancelWaitCompleted ChildCancellationType = iota
	// Nothing: it is asked to cancel, and counts as cancelled at once.
	ChildCancelTry
	// That the request to cancel is in the child's history.
	ChildCancelWaitRequested
	// Nothing: it is not even asked.
	ChildCancelAbandon
)

// A WorkflowIDReusePolicy says whether the id of a closed workflow may be used again.
type WorkflowIDReusePolicy uint8

// Whether the id of a closed workflow may be used again.
const (
	WorkflowIDReuseAllow WorkflowIDReusePolicy = iota
	WorkflowIDReuseFailedOnly
	WorkflowIDReuseReject
)

// A ModulePolicy says which module a child runs.
type ModulePolicy uint8

// Which module a child runs.
const (
	// This run's own, if it has the type; else the current one.
	ModuleInherit ModulePolicy = iota
	// The current one of the type.
	ModuleCurrent
)

// ChildWorkflowOptions are those of children.
type ChildWorkflowOptions struct {
	// A random one if none is given.
	WorkflowID string
	// This run's own if none is given.
	Namespace string
	// This run's own if none is given.
	TaskQueue string
	// The time limit of the child with all that continues it.
	WorkflowExecutionTimeout time.Duration
	// The time limit of each of its runs.
	WorkflowRunTimeout time.Duration
	// How the child is repeated when it fails; not at all by default.
	RetryPolicy           *dalsegno.RetryPolicy
	ParentClosePolicy     ParentClosePolicy
	CancellationType      ChildCancellationType
	WorkflowIDReusePolicy WorkflowIDReusePolicy
	ModulePolicy          ModulePolicy
	// Notes for people.
	Memo map[string]any
	// What it is found by.
	TypedSearchAttributes dalsegno.SearchAttributes
	// A line for people.
	Summary string
	// Values that travel with the start beside its arguments.
	Headers map[string]any
}

type childOptionsKey struct{}

// WithChildOptions sets the options of children that are started with the context.
func WithChildOptions(ctx Context, options ChildWorkflowOptions) Context {
	return WithValue(ctx, childOptionsKey{}, options)
}

// GetChildWorkflowOptions gives the options that the context has.
func GetChildWorkflowOptions(ctx Context) ChildWorkflowOptions {
	options, _ := ctx.Value(childOptionsKey{}).(ChildWorkflowOptions)
	return options
}

// WithWorkflowID changes one of the options of children.
func WithWorkflowID(ctx Context, id string) Context {
	options := GetChildWorkflowOptions(ctx)
	options.WorkflowID = id
	return WithChildOptions(ctx, options)
}

// An Execution says which run.
type Execution struct {
	ID    string
	RunID string
}

// A ChildWorkflowFuture is the future of a child's result.
type ChildWorkflowFuture interface {
	Future
	// GetChildWorkflowExecution gives the future of the child's start: an [Execution], once it is durably
	// started.
	GetChildWorkflowExecution() Future
	// SignalChildWorkflow sends it a signal, once it is started.
	SignalChildWorkflow(ctx Context, signalName string, args ...any) Future
}

type childFuture struct {
	*future
	started    *future
	namespace  string
	workflowID string
}

// ExecuteChildWorkflow starts another workflow, by its type's name, or by a function of that name. Its
// options are those of the context; cancelling the context cancels it. The error of a failed child is a
// ChildWorkflowExecutionError, whose cause says why; if it could not be started, an ApplicationError, see
// [dalsegno.WorkflowAlreadyRunning].
func ExecuteChildWorkflow(ctx Context, childWorkflow any, args ...any) ChildWorkflowFuture {
	r := theRun()
	r.here("starting a child")
	name := workflowName(r.types, childWorkflow)
	if err := scopeOf(ctx).err(); err != nil {
		return &childFuture{future: failedFuture(err), started: failedFuture(err)}
	}
	options := GetChildWorkflowOptions(ctx)
	call := fmt.Sprintf("child `%s`", name)
	input := r.encode(call, args)
	asked := r.childOptions(call, options)
	frames := r.place()
	r.callSite(frames)
	child := r.host.StartChild(name, input, asked)

	made := &childFuture{namespace: asked.Namespace, workflowID: asked.WorkflowID}
	made.future = newFuture(func() string {
		return fmt.Sprintf("child %s `%s` (operation %d)", name, asked.WorkflowID, child.Closed)
	})
	made.started = newFuture(func() string {
		return fmt.Sprintf("start of child %s `%s` (operation %d)", name, asked.WorkflowID, child.Started)
	})
	r.begin(ctx, child.Closed, &operation{
		future: made.future,
		cancelInHost: func(reason string) bool {
			r.callSite(frames)
			return r.host.CancelChild(child.Closed, reason)
		},
		cancelled: func(string) error {
			err := givenUp("child workflow cancelled", made.identity(r, name))
			made.started.settle(nil, err)
			return err
		},
	})
	r.beginStart(child, made)
	return made
}

// beginStart expects the start of a child. One that cannot be started has no end.
func (r *run) beginStart(child contract.Child, made *childFuture) {
	start := newFuture(made.started.awaited)
	r.operations[child.Started] = &operation{run: r, future: start, forget: func() {}}
	start.then(func() {
		if start.err != nil {
			made.started.settle(nil, start.err)
			made.future.settle(nil, start.err)
			if ending, found := r.operations[child.Closed]; found {
				ending.forget()
				delete(r.operations, child.Closed)
			}
			return
		}
		var runID string
		if err := codec.Decode(start.payload, &runID); err != nil {
			r.reportBug(bug(badResult, "the host gave a run id that is no text: "+err.Error()))
			return
		}
		if !made.started.ready {
			made.started.Set(Execution{ID: made.workflowID, RunID: runID}, nil)
		}
	})
}

func (c *childFuture) identity(r *run, workflowType string) contract.ChildWorkflow {
	child := contract.ChildWorkflow{
		Namespace: c.namespace, WorkflowID: c.workflowID, WorkflowType: workflowType,
		RetryState: contract.RetryStateCancelRequested,
	}
	if child.Namespace == "" {
		child.Namespace = r.host.Info().Namespace
	}
	if execution, ok := c.started.value.(Execution); ok {
		child.RunID = execution.RunID
	}
	return child
}

func (r *run) childOptions(call string, options ChildWorkflowOptions) contract.ChildOptions {
	if options.WorkflowID == "" {
		// The host's own choice would not be told to us.
		options.WorkflowID = hex.EncodeToString(r.host.RandomBytes(16))
	}
	return contract.ChildOptions{
		WorkflowID:         options.WorkflowID,
		Namespace:          options.Namespace,
		TaskQueue:          options.TaskQueue,
		ExecutionTimeoutMs: dalsegno.Milliseconds(options.WorkflowExecutionTimeout),
		RunTimeoutMs:       dalsegno.Milliseconds(options.WorkflowRunTimeout),
		RetryPolicy:        options.RetryPolicy.ToContract(),
		IDReusePolicy:      uint8(options.WorkflowIDReusePolicy),
		ParentClosePolicy:  uint8(options.ParentClosePolicy),
		CancellationType:   uint8(options.CancellationType),
		ModulePolicy:       uint8(options.ModulePolicy),
		Memo:               r.named(call, options.Memo),
		SearchAttributes:   sorted(options.TypedSearchAttributes.ToContract()),
		Summary:            options.Summary,
		Headers:            r.named(call, options.Headers),
	}
}

func (c *childFuture) GetChildWorkflowExecution() Future { return c.started }

func (c *childFuture) SignalChildWorkflow(ctx Context, signalName string, args ...any) Future {
	if err := c.started.Get(ctx, nil); err != nil {
		return failedFuture(err)
	}
	target := contract.Target{Namespace: c.namespace, WorkflowID: c.workflowID}
	return signalRun(ctx, target, signalName, args, true)
}

// SignalExternalWorkflow sends a signal to another workflow, by its id; an empty run id means its newest
// run. The future is ready once the signal is in the other's history, and fails if there is no such open
// workflow. A signal that was sent cannot be taken back.
func SignalExternalWorkflow(ctx Context, workflowID, runID, signalName string, args ...any) Future {
	return signalRun(ctx, contract.Target{WorkflowID: workflowID, RunID: runID}, signalName, args, false)
}

// RequestCancelExternalWorkflow asks another workflow to cancel, by its id; an empty run id means its
// newest run.
func RequestCancelExternalWorkflow(ctx Context, workflowID, runID string) Future {
	r := theRun()
	r.here("cancelling another workflow")
	if err := scopeOf(ctx).err(); err != nil {
		return failedFuture(err)
	}
	r.callSite(r.place())
	number := r.host.CancelRun(contract.Target{WorkflowID: workflowID, RunID: runID}, "")
	return r.message(ctx, number, fmt.Sprintf("request to cancel `%s` (operation %d)", workflowID, number))
}

func signalRun(ctx Context, target contract.Target, name string, args []any, childOnly bool) Future {
	r := theRun()
	r.here("signalling another workflow")
	if err := scopeOf(ctx).err(); err != nil {
		return failedFuture(err)
	}
	input := r.encode(fmt.Sprintf("signal `%s`", name), args)
	r.callSite(r.place())
	number := r.host.SignalRun(target, name, input, contract.SignalOptions{ChildOnly: childOnly})
	text := fmt.Sprintf("signal %s to `%s` (operation %d)", name, target.WorkflowID, number)
	return r.message(ctx, number, text)
}

// message expects that something reaches another run.
func (r *run) message(ctx Context, number contract.Operation, text string) Future {
	sent := newFuture(func() string { return text })
	r.begin(ctx, number, &operation{
		future:       sent,
		cancelInHost: func(string) bool { return true },
		cancelled:    canceledBecause,
	})
	return sent
}

// IsStartFailure tells whether a child's error says that it could not be started.
func IsStartFailure(err error) bool {
	var child *dalsegno.ChildWorkflowExecutionError
	var application *dalsegno.ApplicationError
	return errors.As(err, &application) && !errors.As(err, &child)
}
