package workflow

import (
	"slices"
	"time"

	"dalsegno"
	"dalsegno/internal/contract"
)

// A Context carries cancellation and values, like Go's own, but its Done is a workflow's channel.
type Context interface {
	// Deadline is there for the likeness; workflows have time limits of their own.
	Deadline() (deadline time.Time, ok bool)
	// Done is closed once the context is cancelled.
	Done() Channel
	// Err is nil until the context is cancelled, and a CanceledError from then on.
	Err() error
	// Value gives what WithValue has added.
	Value(key any) any
}

// A CancelFunc cancels a context. Activities, timers and children that were started with it are cancelled
// by it.
type CancelFunc func()

// ErrCanceled is what waiting for something cancelled gives; see [dalsegno.IsCanceledError].
var ErrCanceled = dalsegno.NewCanceledError()

// WithCancel gives a context that can be cancelled by itself, and is cancelled with its parent.
func WithCancel(parent Context) (Context, CancelFunc) {
	inner := &scope{run: theRun()}
	outer := scopeOf(parent)
	if outer.cancelled {
		inner.cancel(outer.reason)
	} else {
		// A long run cancels many scopes, and its own must not keep them.
		forget := outer.onCancel(inner.cancel)
		inner.onCancel(func(string) { forget() })
	}
	return &scopeContext{parent, inner}, inner.function()
}

// NewDisconnectedContext gives a context with the parent's values that is not cancelled with it: for
// clean-up.
func NewDisconnectedContext(parent Context) (Context, CancelFunc) {
	apart := &scope{run: theRun()}
	return &scopeContext{parent, apart}, apart.function()
}

// WithValue gives a context with one more value.
func WithValue(parent Context, key, value any) Context {
	return &valueContext{parent, key, value}
}

// background is behind all contexts.
type background struct{}

func (background) Deadline() (time.Time, bool) { return time.Time{}, false }
func (background) Done() Channel               { return nil }
func (background) Err() error                  { return nil }
func (background) Value(any) any               { return nil }

type valueContext struct {
	Context
	key   any
	value any
}

func (c *valueContext) Value(key any) any {
	if c.key == key {
		return c.value
	}
	return c.Context.Value(key)
}

type scopeContext struct {
	Context
	scope *scope
}

type scopeKey struct{}

func (c *scopeContext) Done() Channel { return c.scope.doneChannel() }
func (c *scopeContext) Err() error    { return c.scope.err() }

func (c *scopeContext) Value(key any) any {
	if key == (scopeKey{}) {
		return c.scope
	}
	return c.Context.Value(key)
}

func scopeOf(ctx Context) *scope {
	if found, ok := ctx.Value(scopeKey{}).(*scope); ok {
		return found
	}
	panic("the context is not one of a workflow")
}

// A scope is what a cancellation reaches: contexts within, and what was started with them.
type scope struct {
	run       *run
	cancelled bool
	reason    string
	done      *channel
	added     uint64
	// By the order of their adding.
	reached map[uint64]func(reason string)
	// Coroutines that wait for a condition with it.
	waiters waiters
}

// onCancel adds what is called when the scope is cancelled; the function it gives takes that back.
func (s *scope) onCancel(reach func(reason string)) (forget func()) {
	if s.reached == nil {
		s.reached = map[uint64]func(string){}
	}
	s.added++
	number := s.added
	s.reached[number] = reach
	return func() { delete(s.reached, number) }
}

// cancel reaches all within, in the order in which they were added. The first reason counts.
func (s *scope) cancel(reason string) {
	if s.cancelled {
		return
	}
	s.cancelled, s.reason = true, reason
	numbers := make([]uint64, 0, len(s.reached))
	for number := range s.reached {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	for _, number := range numbers {
		if reach, found := s.reached[number]; found {
			reach(reason)
		}
	}
	s.reached = nil
	if s.done != nil {
		s.done.Close()
	}
	s.waiters.wake()
}

func (s *scope) function() CancelFunc {
	return func() {
		s.run.here("cancelling a context")
		s.cancel("")
	}
}

func (s *scope) doneChannel() Channel {
	if s.done == nil {
		s.done = newChannel("cancellation", 0)
		s.done.text = "cancellation"
		if s.cancelled {
			s.done.Close()
		}
	}
	return s.done
}

func (s *scope) err() error {
	if !s.cancelled {
		return nil
	}
	return canceledBecause(s.reason)
}

// canceledBecause is the error of a cancellation with this reason, which may be empty.
func canceledBecause(reason string) error {
	message := "cancelled"
	if reason != "" {
		message += ": " + reason
	}
	return dalsegno.ErrorOf(contract.Failure{{Message: message, Kind: contract.Cancelled{}}})
}
