package workflow

import (
	"slices"
	"strings"
)

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
	// It waits, and who sends to one of its channels may decide for it.
	isOpen  bool
	decided *decision
}

// A decision is a sender's: the number of the case of receiving, and what is received.
type decision struct {
	number int
	value  any
}

type selectorCase struct {
	ready   func() bool
	chosen  func()
	awaited func() string
	source  *waiters
	once    bool
	// The channel that it receives from, if code of the workflow sends to it.
	receives *channel
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
		awaited:  known.awaited,
		source:   known.source(),
		receives: ownChannel(channel),
	})
	return s
}

// ownChannel gives a channel that code of the workflow sends to; nil if it is one of signals.
func ownChannel(end ReceiveChannel) *channel {
	own, _ := end.(*channel)
	return own
}

func isDrained(end ReceiveChannel) bool {
	own := ownChannel(end)
	return own != nil && own.closed && own.Len() == 0
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
	s.wait()
	index := s.first()
	if decided := s.decided; decided != nil {
		index, s.decided = decided.number, nil
		// The function of the case receives it, and nobody before.
		from := s.cases[index].receives
		from.values = slices.Insert(from.values, 0, decided.value)
	}
	chosen := s.cases[index]
	if chosen.once {
		s.cases = append(s.cases[:index:index], s.cases[index+1:]...)
	}
	chosen.chosen()
}

// wait waits until a case is ready, or was decided on.
func (s *selector) wait() {
	sources := make([]*waiters, 0, len(s.cases))
	for number, candidate := range s.cases {
		sources = append(sources, candidate.source)
		if from := candidate.receives; from != nil {
			mine := &selecting{s, number}
			from.selecting = append(from.selecting, mine)
			defer from.leave(mine)
		}
	}
	s.run.wait(s.text, func() bool {
		// It does not send to itself.
		s.isOpen = false
		s.isOpen = s.decided == nil && !s.HasPending()
		return !s.isOpen
	}, sources...)
}

// decide is what a sender does for a selector that waits.
func (s *selector) decide(number int, value any) {
	s.decided, s.isOpen = &decision{number, value}, false
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
