package workflow

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// A ReceiveChannel is the end of a channel that gives.
type ReceiveChannel interface {
	// Name is for people.
	Name() string
	// Receive waits for a value, and reads it into what valuePtr points to, unless that is nil. False: the
	// channel is closed and empty. It is not cancelled by the context: a selector can wait for ctx.Done()
	// beside it.
	Receive(ctx Context, valuePtr any) (more bool)
	// ReceiveWithTimeout is Receive with a limit, a timer that is started if there is no value now. Not ok: the time is
	// over, the context was cancelled, or the channel is closed and empty, which more tells.
	ReceiveWithTimeout(ctx Context, timeout time.Duration, valuePtr any) (ok, more bool)
	// ReceiveAsync is Receive that does not wait: false if there is no value now.
	ReceiveAsync(valuePtr any) (ok bool)
	// ReceiveAsyncWithMoreFlag tells also whether the channel is open.
	ReceiveAsyncWithMoreFlag(valuePtr any) (ok, more bool)
	// Len counts the values that are there, also those whose senders wait.
	Len() int
}

// A SendChannel is the end of a channel that takes.
type SendChannel interface {
	// Name is for people.
	Name() string
	// Send waits until the channel takes the value.
	Send(ctx Context, value any)
	// SendAsync is Send that does not wait: false if the channel does not take the value now.
	SendAsync(value any) (ok bool)
	// Close says that nothing more is sent.
	Close()
	// Len counts the values that are there, also those whose senders wait.
	Len() int
}

// A Channel connects coroutines, like Go's own channels, which must not be used in their place.
type Channel interface {
	ReceiveChannel
	SendChannel
}

// NewChannel makes a channel without a buffer.
func NewChannel(Context) Channel { return newChannel("", 0) }

// NewNamedChannel is NewChannel with a name for people.
func NewNamedChannel(_ Context, name string) Channel { return newChannel(name, 0) }

// NewBufferedChannel makes a channel that takes as many values before its receiver does.
func NewBufferedChannel(_ Context, size int) Channel { return newChannel("", size) }

// NewNamedBufferedChannel is NewBufferedChannel with a name for people.
func NewNamedBufferedChannel(_ Context, name string, size int) Channel { return newChannel(name, size) }

type channel struct {
	run  *run
	name string
	// How waiting for it reads.
	text   string
	size   int
	values []any
	closed bool
	// Values of those who wait until they are taken.
	sending []*sending
	// Those who wait in Receive, and have a right to the next value.
	receiving []*receiving
	// Selectors that wait for a value, among others.
	selecting []*selecting
	// Changed in any way.
	waiters waiters
}

type sending struct {
	value any
	taken bool
}

type receiving struct {
	value any
	done  bool
}

// A selecting is a selector's case of receiving from a channel, while it waits.
type selecting struct {
	selector *selector
	number   int
}

func newChannel(name string, size int) *channel {
	text := "channel"
	if name != "" {
		text += " " + name
	}
	return &channel{run: theRun(), name: name, text: text, size: size}
}

func (c *channel) Name() string { return c.name }

func (c *channel) Len() int { return len(c.values) + len(c.sending) }

func (c *channel) awaited() string { return c.text }

// readable tells whether a receiver need not wait.
func (c *channel) readable() bool { return len(c.values) > 0 || len(c.sending) > 0 || c.closed }

// writable tells whether a sender need not wait.
func (c *channel) writable() bool {
	return c.closed || len(c.values) < c.size || len(c.receiving) > 0 || c.willingSelector() != nil
}

func (c *channel) leave(gone *selecting) {
	c.selecting = slices.DeleteFunc(c.selecting, func(waiting *selecting) bool { return waiting == gone })
}

// willingSelector gives the first that waits and has not decided yet; nil if there is none.
func (c *channel) willingSelector() *selecting {
	for _, candidate := range c.selecting {
		if candidate.selector.isOpen {
			return candidate
		}
	}
	return nil
}

func (c *channel) Receive(_ Context, valuePtr any) bool {
	if !c.readable() {
		mine := &receiving{}
		c.receiving = append(c.receiving, mine)
		c.run.wait(c.awaited, func() bool { return mine.done || c.closed }, &c.waiters)
		if mine.done {
			c.store(mine.value, valuePtr)
			return true
		}
	}
	_, more := c.ReceiveAsyncWithMoreFlag(valuePtr)
	return more
}

func (c *channel) ReceiveWithTimeout(ctx Context, timeout time.Duration, valuePtr any) (ok, more bool) {
	return receiveWithTimeout(ctx, c, timeout, valuePtr)
}

func receiveWithTimeout(
	ctx Context, from readableChannel, timeout time.Duration, valuePtr any,
) (ok, more bool) {
	if inTime, err := AwaitWithTimeout(ctx, timeout, from.readable); err != nil || !inTime {
		return false, true
	}
	return from.ReceiveAsyncWithMoreFlag(valuePtr)
}

func (c *channel) ReceiveAsync(valuePtr any) bool {
	ok, _ := c.ReceiveAsyncWithMoreFlag(valuePtr)
	return ok
}

func (c *channel) ReceiveAsyncWithMoreFlag(valuePtr any) (ok, more bool) {
	switch {
	case len(c.values) > 0:
		value := c.values[0]
		c.values = c.values[1:]
		if len(c.sending) > 0 && len(c.values) < c.size {
			c.values = append(c.values, c.take())
		}
		c.waiters.wake()
		c.store(value, valuePtr)
		return true, true
	case len(c.sending) > 0:
		value := c.take()
		c.waiters.wake()
		c.store(value, valuePtr)
		return true, true
	default:
		return false, !c.closed
	}
}

func (c *channel) take() any {
	first := c.sending[0]
	c.sending = c.sending[1:]
	first.taken = true
	return first.value
}

func (c *channel) store(value, valuePtr any) {
	if valuePtr == nil {
		return
	}
	if err := assign(value, valuePtr); err != nil {
		wanted := reflect.TypeOf(valuePtr)
		panic(fmt.Sprintf("a value of %s, a %T, cannot be received into a %s: %v", c.text, value, wanted, err))
	}
}

func (c *channel) Send(_ Context, value any) {
	if c.SendAsync(value) {
		return
	}
	mine := &sending{value: value}
	c.sending = append(c.sending, mine)
	c.waiters.wake()
	c.run.wait(func() string { return "sending to " + c.text }, func() bool { return mine.taken || c.closed },
		&c.waiters)
	if !mine.taken {
		panic("the channel was closed while a value was sent")
	}
}

func (c *channel) SendAsync(value any) bool {
	switch {
	case c.closed:
		panic("a value is sent to a channel that is closed")
	case len(c.receiving) > 0:
		first := c.receiving[0]
		c.receiving = c.receiving[1:]
		first.value, first.done = value, true
	case len(c.values) < c.size:
		c.values = append(c.values, value)
	default:
		willing := c.willingSelector()
		if willing == nil {
			return false
		}
		willing.selector.decide(willing.number, value)
	}
	c.waiters.wake()
	return true
}

func (c *channel) Close() {
	if c.closed {
		panic("a channel is closed twice")
	}
	c.closed = true
	c.receiving = nil
	c.waiters.wake()
}

func (c *channel) source() *waiters { return &c.waiters }
