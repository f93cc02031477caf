package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

// GetSignalChannel gives the signals of a name that has no handler, in order. Those that came before are
// kept. A signal's first argument is what is received; one that does not fit fails the activation, so
// nothing is lost, and the run goes on when the code is repaired.
func GetSignalChannel(_ Context, signalName string) ReceiveChannel {
	return theRun().signals.channel(signalName)
}

// GetUnhandledSignalNames gives the names of signals that nobody has taken.
func GetUnhandledSignalNames(Context) []string {
	var names []string
	for _, waiting := range theRun().signals.untaken() {
		names = append(names, waiting.name)
	}
	return names
}

// A signalBuffer keeps signals until someone takes them.
type signalBuffer struct {
	received uint64
	byName   map[string]*signalChannel
}

type signalChannel struct {
	run     *run
	name    string
	kept    []keptSignal
	waiters waiters
}

// A keptSignal has its place in the order in which all came.
type keptSignal struct {
	place   uint64
	request contract.Request
}

func (b *signalBuffer) channel(name string) *signalChannel {
	if found, ok := b.byName[name]; ok {
		return found
	}
	if b.byName == nil {
		b.byName = map[string]*signalChannel{}
	}
	made := &signalChannel{run: theRun(), name: name}
	b.byName[name] = made
	return made
}

func (b *signalBuffer) push(signal contract.Request) {
	b.received++
	to := b.channel(signal.Name)
	to.kept = append(to.kept, keptSignal{b.received, signal})
	to.waiters.wake()
}

// untaken gives the channels that have signals, by their names.
func (b *signalBuffer) untaken() []*signalChannel {
	var waiting []*signalChannel
	for _, channel := range b.byName {
		if len(channel.kept) > 0 {
			waiting = append(waiting, channel)
		}
	}
	slices.SortFunc(waiting, func(a, b *signalChannel) int { return strings.Compare(a.name, b.name) })
	return waiting
}

// takeAll takes all signals that the filter wants, in the order in which they came.
func (b *signalBuffer) takeAll(wanted func(name string) bool) []contract.Request {
	var all []keptSignal
	for name, channel := range b.byName {
		if wanted(name) {
			all = append(all, channel.kept...)
			channel.kept = nil
		}
	}
	slices.SortFunc(all, func(a, b keptSignal) int { return int(a.place) - int(b.place) })
	requests := make([]contract.Request, 0, len(all))
	for _, kept := range all {
		requests = append(requests, kept.request)
	}
	return requests
}

func (c *signalChannel) Name() string     { return c.name }
func (c *signalChannel) Len() int         { return len(c.kept) }
func (c *signalChannel) readable() bool   { return len(c.kept) > 0 }
func (c *signalChannel) awaited() string  { return "signal " + c.name }
func (c *signalChannel) source() *waiters { return &c.waiters }

func (c *signalChannel) Receive(_ Context, valuePtr any) bool {
	c.run.wait(c.awaited, c.readable, &c.waiters)
	return c.ReceiveAsync(valuePtr)
}

func (c *signalChannel) ReceiveWithTimeout(ctx Context, timeout time.Duration, valuePtr any) (ok, more bool) {
	return receiveWithTimeout(ctx, c, timeout, valuePtr)
}

func (c *signalChannel) ReceiveAsyncWithMoreFlag(valuePtr any) (ok, more bool) {
	return c.ReceiveAsync(valuePtr), true
}

func (c *signalChannel) ReceiveAsync(valuePtr any) bool {
	if len(c.kept) == 0 {
		return false
	}
	c.run.here("receiving a signal")
	request := c.kept[0].request
	c.kept = c.kept[1:]
	var argument *contract.Payload
	if len(request.Input) > 0 {
		argument = &request.Input[0]
	}
	if err := codec.Decode(argument, valuePtr); err != nil {
		c.run.fail(bug(badArguments, fmt.Sprintf("signal `%s`: argument 1: %v", c.name, err)))
	}
	return true
}

// SignalHandlerOptions are those of the handler of a signal.
type SignalHandlerOptions struct {
	// What it does, for people.
	Description string
	// What becomes of it if it is at work when the run closes.
	UnfinishedPolicy HandlerUnfinishedPolicy
}

// SetSignalHandler runs a function for each signal of a name, as a coroutine of its own. It takes a
// [Context], if it wants one, and the signal's arguments. An error that it returns fails the run. Signals
// that came before are handled before this call returns. A name has a handler or a channel
// ([GetSignalChannel]), not both.
func SetSignalHandler(ctx Context, signalName string, function any) error {
	return SetSignalHandlerWithOptions(ctx, signalName, function, SignalHandlerOptions{})
}

// SetSignalHandlerWithOptions is [SetSignalHandler] with options.
func SetSignalHandlerWithOptions(
	_ Context, signalName string, function any, options SignalHandlerOptions,
) error {
	r := theRun()
	r.here("setting a handler")
	r.handlers.signals[signalName] = &handler{
		description: options.Description,
		unfinished:  options.UnfinishedPolicy,
		routine:     newRoutine(fmt.Sprintf("handler of signal `%s`", signalName), function),
	}
	r.deliver(func(name string) bool { return name == signalName })
	return nil
}

// SetDynamicSignalHandler runs a function for signals of all names that have no handler.
func SetDynamicSignalHandler(
	_ Context, function func(ctx Context, name string, args EncodedValues) error,
) error {
	r := theRun()
	r.here("setting a handler")
	r.handlers.dynamicSignal = &handler{routine: newRoutine("dynamic handler", function), dynamic: true}
	r.deliver(func(string) bool { return true })
	return nil
}

// forSignal gives what begins the handler of a signal; nil if there is none.
func (h *handlers) forSignal(name string) func(contract.Request) {
	found := pick(h.signals, h.dynamicSignal, name)
	if found == nil {
		return nil
	}
	return func(request contract.Request) { theRun().beginSignal(found, request) }
}

func (r *run) beginSignal(found *handler, request contract.Request) {
	arguments, err := found.arguments(found.routine, request)
	if err != nil {
		// Nothing is lost: the run goes on with this signal when the code is repaired.
		failure := dalsegno.FailureOf(err)
		failure[0].Message = fmt.Sprintf("signal `%s`: %v", request.Name, err)
		r.reportBug(failure)
		return
	}
	ctx := handling(r.context, request)
	body := func() (contract.Payload, error) { return found.routine.call(ctx, arguments) }
	r.beginHandler("signal "+request.Name, found.unfinished, body, func(_ contract.Payload, err error) {
		// What a request to cancel comes to is for the main routine to say.
		if err != nil && !r.isAnswerToCancel(err) && !r.reportMisuse(err, found.routine) {
			r.finish(contract.Payload{}, err)
		}
	})
}

// signal delivers a signal: to its handler, which begins at once, or to the buffer.
func (r *run) signal(request contract.Request) {
	if begin := r.handlers.forSignal(request.Name); begin != nil {
		begin(request)
		r.runAllFresh()
		return
	}
	r.signals.push(request)
}

// runAllFresh begins handlers, so that they begin in the order of their events.
func (r *run) runAllFresh() {
	for !r.stopped() && r.runFresh() {
	}
}

// deliver gives signals that were kept to the handler that is there now. The present coroutine goes on
// after it.
func (r *run) deliver(wanted func(name string) bool) {
	kept := r.signals.takeAll(wanted)
	if len(kept) == 0 {
		return
	}
	for _, request := range kept {
		if begin := r.handlers.forSignal(request.Name); begin != nil {
			begin(request)
		}
	}
	r.giveWay(r.here("setting a handler"))
}
