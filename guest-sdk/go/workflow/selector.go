package workflow

import "strings"

// A Selector waits for the first of several things. Of those that are ready it takes the one that was added
// first.
type Selector interface {
	// AddReceive adds a channel. The function has to receive the value by itself.
	AddReceive(channel ReceiveChannel, chosen func(channel ReceiveChannel, more bool)) Selector
	// AddSend adds the sending of a value.
	AddSend(channel SendChannel, value any, chosen func()) Selector
	// AddFuture adds a future. It is chosen once, however often Select is called.
	AddFuture(future Future, chosen func(future Future)) Selector
	// AddDefault is chosen when nothing is ready.
	AddDefault(chosen func()) Selector
	// Select waits until something is ready, and calls its function.
	Select(ctx Context)
	// HasPending tells whether Select would not wait.
	HasPending() bool
}

// NewSelector makes a selector without cases.
func NewSelector(Context) Selector { return &selector{run: theRun()} }

// NewNamedSelector is NewSelector with a name for people.
func NewNamedSelector(_ Context, name string) Selector { return &selector{run: theRun(), name: name} }

type selector struct {
	run      *run
	name     string
	cases    []selectorCase
	fallback func()
}

type selectorCase struct {
	ready   func() bool
	chosen  func()
	awaited func() string
	source  *waiters
	once    bool
}

// readableChannel is what selectors know of the giving ends of channels.
type readableChannel interface {
	ReceiveChannel
	readable() bool
	awaited() string
	source() *waiters
}

func (s *selector) AddReceive(channel ReceiveChannel, chosen func(ReceiveChannel, bool)) Selector {
	known, ok := channel.(readableChannel)
	if !ok {
		panic("only channels of this package can be selected")
	}
	s.cases = append(s.cases, selectorCase{
		ready: known.readable,
		chosen: func() {
			if chosen != nil {
				chosen(channel, !isDrained(channel))
			}
		},
		awaited: known.awaited,
		source:  known.source(),
	})
	return s
}

func isDrained(end ReceiveChannel) bool {
	of, ok := end.(*channel)
	return ok && of.closed && len(of.values) == 0 && len(of.sending) == 0
}

func (s *selector) AddSend(end SendChannel, value any, chosen func()) Selector {
	to, ok := end.(*channel)
	if !ok {
		panic("only channels of this package can be selected")
	}
	s.cases = append(s.cases, selectorCase{
		ready: to.writable,
		chosen: func() {
			to.SendAsync(value)
			if chosen != nil {
				chosen()
			}
		},
		awaited: func() string { return "sending to " + to.text },
		source:  &to.waiters,
	})
	return s
}

func (s *selector) AddFuture(of Future, chosen func(Future)) Selector {
	known, ok := of.(waitable)
	if !ok {
		panic("only futures of this package can be selected")
	}
	core := known.core()
	s.cases = append(s.cases, selectorCase{
		ready: core.IsReady,
		chosen: func() {
			if chosen != nil {
				chosen(of)
			}
		},
		awaited: core.awaited,
		source:  &core.waiters,
		once:    true,
	})
	return s
}

func (s *selector) AddDefault(chosen func()) Selector {
	s.fallback = chosen
	return s
}

func (s *selector) HasPending() bool { return s.first() >= 0 }

// first is the number of the first case that is ready; -1 if none is.
func (s *selector) first() int {
	for index, candidate := range s.cases {
		if candidate.ready() {
			return index
		}
	}
	return -1
}

func (s *selector) Select(Context) {
	if s.fallback != nil && !s.HasPending() {
		s.fallback()
		return
	}
	sources := make([]*waiters, 0, len(s.cases))
	for _, candidate := range s.cases {
		sources = append(sources, candidate.source)
	}
	s.run.wait(s.text, s.HasPending, sources...)
	index := s.first()
	chosen := s.cases[index]
	if chosen.once {
		s.cases = append(s.cases[:index:index], s.cases[index+1:]...)
	}
	chosen.chosen()
}

func (s *selector) text() string {
	words := make([]string, 0, len(s.cases))
	for _, candidate := range s.cases {
		words = append(words, candidate.awaited())
	}
	text := "the first of: " + strings.Join(words, ", ")
	if s.name != "" {
		text = "selector " + s.name + ": " + text
	}
	return text
}
