package workflow

import (
	"fmt"
	"runtime"

	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
	"dalsegno/internal/stack"
)

// A run is the only one of its component: what its coroutines share, and their scheduler.
//
// Invariant: which coroutine runs next depends on the order of spawns, wakes and events alone.
type run struct {
	host  contract.Host
	types []*workflowType
	// Of the activation that is under way.
	activation contract.Activation
	callSites  bool

	coroutines []*coroutine
	// How many goroutines there are by right.
	goroutines int
	current    *coroutine
	// Handlers that have not begun; they come before all else.
	fresh      []*coroutine
	ready      []*coroutine
	conditions waiters
	// How many waits for a condition have ended, ever.
	conditionsMet int
	evaluating    bool
	// What runs that must change nothing: a query, say.
	readOnly string

	operations map[contract.Operation]*operation
	signals    signalBuffer
	handlers   handlers
	upserted   upserted
	scope      *scope
	context    Context
	definition *workflowType
	// False until the main routine has had its first turn.
	begun  bool
	closed bool
	// Whether events of the activation are left.
	applying bool
	// What continues as new as soon as none is left.
	next *ContinueAsNewError
	bug  contract.Failure
}

// active is the run that the present code belongs to.
var active *run

func newRun(host contract.Host, types []*workflowType) *run {
	r := &run{host: host, types: types, operations: map[contract.Operation]*operation{}}
	r.scope = &scope{run: r}
	r.context = &scopeContext{background{}, r.scope}
	r.handlers.prepare()
	r.goroutines = runtime.NumGoroutine()
	return r
}

// theRun is the run that the calling code belongs to.
func theRun() *run {
	if active == nil {
		panic("this works only inside of a workflow")
	}
	return active
}

// activate delivers events, then runs until everything waits. A failure says that the code has a bug.
func (r *run) activate(activation contract.Activation) contract.Failure {
	r.activation = activation
	r.callSites = r.host.WantsCallSites()
	r.applying = true
	for _, event := range activation.Events {
		if r.closed || r.bug != nil {
			break
		}
		r.apply(event)
	}
	r.applying = false
	if r.next != nil {
		r.fresh = append(r.fresh, r.spawn("continue as new", func() { r.finish(contract.Payload{}, r.next) }))
	}
	r.runUntilIdle()
	r.settle()
	failure := r.bug
	r.bug = nil
	return failure
}

func (r *run) apply(event contract.Event) {
	switch event := event.(type) {
	case contract.Started:
		r.start(event)
	case contract.Resumed:
		r.resume(event)
	case contract.Signalled:
		r.signal(event.Request)
	case contract.UpdateAccepted:
		r.update(event.Request)
	case contract.CancelRequested:
		r.scope.cancel(event.Reason)
	}
}

func (r *run) start(started contract.Started) {
	r.definition = find(r.types, started.WorkflowType)
	if r.definition == nil {
		message := fmt.Sprintf("this module has no workflow type `%s`", started.WorkflowType)
		r.reportBug(bug("UnknownWorkflowType", message))
		return
	}
	arguments, err := r.definition.routine.arguments(started.Input)
	if err != nil {
		// Whoever starts a run with wrong arguments learns it as the run's result.
		r.finish(codec.Null(), err)
		return
	}
	for _, signal := range started.CarriedSignals {
		r.signals.push(signal)
	}
	r.enqueueNew(r.spawn("run", func() {
		routine := r.definition.routine
		result, err := routine.call(r.context, arguments)
		if !r.reportMisuse(err, routine) {
			r.finish(result, err)
		}
	}))
}

// runUntilIdle runs until everything waits, or the run is closed.
func (r *run) runUntilIdle() {
	for {
		r.drain()
		met := r.conditionsMet
		// Conditions that another coroutine made true are seen in the next round; a round that meets none is
		// the last.
		if r.stopped() || len(r.conditions.list) == 0 {
			return
		}
		r.conditions.wake()
		r.drain()
		if r.conditionsMet == met {
			return
		}
	}
}

func (r *run) stopped() bool { return r.closed || r.bug != nil }

func (r *run) drain() {
	for !r.stopped() && (r.runFresh() || r.runReady()) {
	}
	r.begun = true
}

// runFresh runs the next handler that has not begun. False: there is none.
func (r *run) runFresh() bool {
	if len(r.fresh) == 0 {
		return false
	}
	c := r.fresh[0]
	r.fresh = r.fresh[1:]
	r.turn(c)
	return true
}

func (r *run) runReady() bool {
	if len(r.ready) == 0 {
		return false
	}
	c := r.ready[0]
	r.ready = r.ready[1:]
	r.turn(c)
	return true
}

func (r *run) enqueue(c *coroutine) {
	if !c.queued && !c.ended {
		c.queued = true
		r.ready = append(r.ready, c)
	}
}

func (r *run) enqueueNew(c *coroutine) { r.ready = append(r.ready, c) }

// turn lets a coroutine go on, if it can.
func (r *run) turn(c *coroutine) {
	c.queued = false
	if c.ended || c.holds != nil && !r.evaluate(c) {
		return
	}
	if c.onCondition {
		r.conditionsMet++
	}
	r.current = c
	gaveBack := c.baton.handOver()
	r.current = nil
	if !gaveBack {
		r.reportBug(blocked(c))
	}
	if c.ended {
		r.forget(c)
	}
}

// evaluate asks what a coroutine waits for, on its behalf.
func (r *run) evaluate(c *coroutine) (holds bool) {
	r.current, r.evaluating = c, true
	defer func() {
		r.current, r.evaluating = nil, false
		if value := recover(); value != nil {
			r.reportBug(panicked(value))
		}
	}()
	return c.holds()
}

func (r *run) forget(ended *coroutine) {
	for index, c := range r.coroutines {
		if c == ended {
			r.coroutines = append(r.coroutines[:index:index], r.coroutines[index+1:]...)
			return
		}
	}
}

// reportBug ends the activation; the first bug counts.
func (r *run) reportBug(failure contract.Failure) {
	if r.bug == nil {
		r.bug = failure
	}
}

// callSite tells the host where the next call comes from, if it wants to know.
func (r *run) callSite(frames []string) {
	if r.callSites {
		r.host.CallSite(frames)
	}
}

// place gives the present frames, if the host wants to know them.
func (r *run) place() []string {
	if !r.callSites {
		return nil
	}
	return stack.Frames()
}

// encode makes payloads of a call's arguments. One without a JSON form is a bug of the code.
func (r *run) encode(call string, values []any) []contract.Payload {
	payloads := make([]contract.Payload, 0, len(values))
	for _, value := range values {
		payloads = append(payloads, r.encodeOne(call, value))
	}
	return payloads
}

func (r *run) encodeOne(call string, value any) contract.Payload {
	payload, err := codec.Encode(value)
	if err != nil {
		r.fail(bug(badArguments, fmt.Sprintf("an argument of %s has no JSON form: %v", call, err)))
	}
	return payload
}

// The types of failures by values that do not fit.
const (
	badArguments = "BadArguments"
	badResult    = "BadResult"
)
