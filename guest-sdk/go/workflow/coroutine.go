package workflow

import (
	"fmt"
	"runtime"

	"dalsegno/internal/contract"
	"dalsegno/internal/stack"
)

// A coroutine is a goroutine that runs only while it has the baton: the scheduler hands it over, and the
// coroutine gives it back when it has to wait. So of all of them one runs at a time, in an order that a run
// repeats.
type coroutine struct {
	run    *run
	name   string
	baton  baton
	queued bool
	ended  bool
	// What it waits for, in words.
	awaited func() string
	// Whether it may go on; nil: it may.
	holds func() bool
	// Where it waits, among others: the conditions that are looked at again in every round.
	onCondition bool
	// Asked where it waits, it tells and waits on.
	asked  bool
	frames []string
}

// waiters are the coroutines to look at again when something has changed, in the order in which they began
// to wait.
type waiters struct{ list []*coroutine }

func (w *waiters) add(c *coroutine) { w.list = append(w.list, c) }

func (w *waiters) remove(c *coroutine) {
	for index, waiting := range w.list {
		if waiting == c {
			w.list = append(w.list[:index:index], w.list[index+1:]...)
			return
		}
	}
}

func (w *waiters) wake() {
	for _, c := range w.list {
		c.run.enqueue(c)
	}
}

// spawn makes a coroutine; whoever calls it decides when it runs.
func (r *run) spawn(name string, body func()) *coroutine {
	c := &coroutine{run: r, name: name, queued: true}
	c.baton.prepare()
	r.coroutines = append(r.coroutines, c)
	r.goroutines++
	go c.main(body)
	return c
}

func (c *coroutine) main(body func()) {
	c.baton.await()
	returned := false
	defer func() {
		if value := recover(); value != nil {
			c.run.reportBug(panicked(value))
		} else if !returned {
			c.run.reportBug(bug("PanicError", "a coroutine of the workflow was ended by runtime.Goexit"))
		}
		c.ended = true
		c.run.goroutines--
		c.baton.giveBack()
	}()
	body()
	returned = true
}

// panicked is the failure of a panic that is just being recovered.
func panicked(value any) contract.Failure {
	return bug("PanicError", fmt.Sprint(value))
}

// bug is a failure of the activation: the code is wrong, and the run goes on when it is repaired.
func bug(failureType, message string) contract.Failure {
	kind := contract.Application{Type: failureType}
	return contract.Failure{{Message: message, StackTrace: stack.Trace(), Kind: kind}}
}

// park waits for the baton. Asked for its place meanwhile, it tells.
func (c *coroutine) park() {
	for {
		c.baton.giveBack()
		c.baton.await()
		if !c.asked {
			return
		}
		c.frames = stack.Frames()
	}
}

// wait goes on once something holds; it is looked at whenever one of the sources wakes.
func (r *run) wait(awaited func() string, holds func() bool, sources ...*waiters) {
	if holds() {
		return
	}
	c := r.here("waiting")
	if r.evaluating {
		panic("the condition of an Await must not wait itself")
	}
	for _, source := range sources {
		source.add(c)
		c.onCondition = c.onCondition || source == &r.conditions
	}
	c.awaited, c.holds = awaited, holds
	c.park()
	c.awaited, c.holds, c.onCondition = nil, nil, false
	for _, source := range sources {
		source.remove(c)
	}
}

// giveWay lets handlers that have not begun run first.
func (r *run) giveWay(c *coroutine) {
	c.queued = true
	r.ready = append([]*coroutine{c}, r.ready...)
	c.awaited = func() string { return "its turn" }
	c.park()
	c.awaited = nil
}

// fail reports a bug, and never gives the goroutine the baton again.
func (r *run) fail(failure contract.Failure) {
	if r.evaluating || r.readOnly != "" {
		// There is no coroutine to leave, but somebody who recovers.
		panic(failure[0].Message)
	}
	r.reportBug(failure)
	if c := r.current; c != nil {
		c.awaited, c.holds = func() string { return "nothing: the activation has failed" }, never
		c.park()
	}
	runtime.Goexit()
}

func never() bool { return false }

// here is the coroutine that makes a call. The call is refused where there is none.
func (r *run) here(call string) *coroutine {
	if r.readOnly != "" {
		panic(fmt.Sprintf("%s in %s: it must not change anything, nor wait", call, r.readOnly))
	}
	c := r.current
	if c == nil {
		panic(call + " outside of a workflow")
	}
	if !r.evaluating && r.isForeign() {
		r.reportBug(bug("ForeignGoroutine", call+" in a goroutine that was started by go: use workflow.Go, so "+
			"that a run can repeat the order of what happens"))
		runtime.Goexit()
	}
	return c
}
