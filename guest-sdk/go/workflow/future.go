package workflow

import (
	"errors"
	"fmt"
	"reflect"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

// A Future is something that will have a value or an error.
type Future interface {
	// Get waits until it is ready, and reads the value into what valuePtr points to, unless that is nil. What
	// cancels it is the context of the call that made it. A value that does not fit fails the activation, not
	// the run: the code is wrong, and the run goes on when it is repaired.
	Get(ctx Context, valuePtr any) error
	// IsReady tells whether Get would not wait.
	IsReady() bool
}

// A Settable gives a Future of [NewFuture] its value, once.
type Settable interface {
	Set(value any, err error)
	SetValue(value any)
	SetError(err error)
	// Chain makes the future the same as another one.
	Chain(future Future)
}

// NewFuture gives a future that other code of the workflow sets.
func NewFuture(Context) (Future, Settable) {
	made := newFuture(func() string { return "future" })
	return made, made
}

type future struct {
	run     *run
	awaited func() string
	waiters waiters
	ready   bool
	err     error
	// One of both, by where it comes from.
	payload *contract.Payload
	value   any
	own     bool
	// Called when it is ready.
	after []func()
}

// waitable is what selectors know of futures.
type waitable interface{ core() *future }

func newFuture(awaited func() string) *future {
	return &future{run: theRun(), awaited: awaited}
}

func failedFuture(err error) *future {
	made := newFuture(func() string { return "future" })
	made.settle(nil, err)
	return made
}

func (f *future) core() *future { return f }

func (f *future) IsReady() bool { return f.ready }

func (f *future) Get(_ Context, valuePtr any) error {
	f.run.wait(f.awaited, f.IsReady, &f.waiters)
	if f.err != nil {
		return f.err
	}
	if valuePtr == nil {
		return nil
	}
	if f.own {
		return assign(f.value, valuePtr)
	}
	if err := codec.Decode(f.payload, valuePtr); err != nil {
		wanted := reflect.TypeOf(valuePtr)
		if wanted.Kind() == reflect.Pointer {
			wanted = wanted.Elem()
		}
		message := fmt.Sprintf("the result of %s is no `%s`: %v", f.awaited(), wanted, err)
		f.run.fail(bug(badResult, message))
	}
	return nil
}

// settle ends the waiting with what the host answered.
func (f *future) settle(result *contract.Payload, err error) {
	if f.ready {
		return
	}
	f.ready, f.payload, f.err = true, result, err
	f.told()
}

func (f *future) told() {
	for _, call := range f.after {
		call()
	}
	f.after = nil
	f.waiters.wake()
}

// then calls a function once the future is ready.
func (f *future) then(call func()) {
	if f.ready {
		call()
		return
	}
	f.after = append(f.after, call)
}

func (f *future) follow(other *future) {
	f.ready, f.payload, f.value, f.own, f.err = true, other.payload, other.value, other.own, other.err
	f.told()
}

func (f *future) Set(value any, err error) {
	if f.ready {
		panic("the future is set already")
	}
	f.ready, f.value, f.own, f.err = true, value, true, err
	f.told()
}

func (f *future) SetValue(value any) { f.Set(value, nil) }
func (f *future) SetError(err error) { f.Set(nil, err) }

func (f *future) Chain(source Future) {
	other, ok := source.(waitable)
	if !ok {
		panic("only futures of this package can be chained")
	}
	if f.ready {
		panic("the future is set already")
	}
	from := other.core()
	from.then(func() { f.follow(from) })
}

// assign stores a value of the workflow's own where a pointer points to.
func assign(value, pointer any) error {
	target := reflect.ValueOf(pointer)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return errors.New("a value can only be stored where a pointer points to")
	}
	if value == nil {
		target.Elem().SetZero()
		return nil
	}
	from := reflect.ValueOf(value)
	if from.Type().AssignableTo(target.Elem().Type()) {
		target.Elem().Set(from)
		return nil
	}
	// As values that come from the host: what has the same JSON is the same.
	payload, err := codec.Encode(value)
	if err != nil {
		return err
	}
	return codec.Decode(&payload, pointer)
}

// An operation is something that was asked of the host and has no outcome yet.
type operation struct {
	run    *run
	future *future
	// Where it was asked for.
	frames []string
	// Asks the host to cancel; true: nothing more is heard of it.
	cancelInHost func(reason string) bool
	// What to say of it when it was given up.
	cancelled func(reason string) error
	forget    func()
}

// begin takes charge of an operation that the host has given.
func (r *run) begin(ctx Context, number contract.Operation, started *operation) *operation {
	started.run = r
	r.operations[number] = started
	cancel := func(reason string) {
		if started.cancel(reason) {
			delete(r.operations, number)
		}
	}
	started.forget = scopeOf(ctx).onCancel(cancel)
	return started
}

// cancel asks the host to cancel. True: that is the outcome.
func (o *operation) cancel(reason string) bool {
	if o.future.ready || o.run.closed || !o.cancelInHost(reason) {
		return false
	}
	o.future.settle(nil, o.cancelled(reason))
	return true
}

// resume brings the outcome of an operation. Nobody waits for one that was given up.
func (r *run) resume(resumed contract.Resumed) {
	found, ok := r.operations[resumed.Operation]
	if !ok {
		return
	}
	delete(r.operations, resumed.Operation)
	found.forget()
	if len(resumed.Failure) > 0 {
		found.future.settle(nil, dalsegno.ErrorOf(resumed.Failure))
		return
	}
	found.future.settle(resumed.Result, nil)
}
