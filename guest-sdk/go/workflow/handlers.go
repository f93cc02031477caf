package workflow

import (
	"fmt"
	"reflect"
	"slices"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

// A HandlerUnfinishedPolicy says what becomes of a handler that is at work when the run closes.
type HandlerUnfinishedPolicy uint8

const (
	// HandlerUnfinishedPolicyWarnAndAbandon gives it up with a warning in the run's log.
	HandlerUnfinishedPolicyWarnAndAbandon HandlerUnfinishedPolicy = iota
	// HandlerUnfinishedPolicyAbandon gives it up.
	HandlerUnfinishedPolicyAbandon
)

// EncodedValues are arguments as they came, for handlers of any name.
type EncodedValues []dalsegno.Payload

// HasValues tells whether there are any.
func (v EncodedValues) HasValues() bool { return len(v) > 0 }

// Get reads the values in order, as many as there are pointers.
func (v EncodedValues) Get(pointers ...any) error {
	for index, pointer := range pointers {
		if index >= len(v) {
			return fmt.Errorf("argument %d: it is missing", index+1)
		}
		if err := codec.Decode(&v[index], pointer); err != nil {
			return fmt.Errorf("argument %d: %w", index+1, err)
		}
	}
	return nil
}

// handlers are those of a run, and those among them that are at work.
type handlers struct {
	signals       map[string]*handler
	queries       map[string]*handler
	updates       map[string]*handler
	dynamicSignal *handler
	dynamicQuery  *handler
	dynamicUpdate *handler
	atWork        []*working
}

// A handler of one name; a dynamic one takes the name as its first argument, and all others as EncodedValues.
type handler struct {
	description string
	unfinished  HandlerUnfinishedPolicy
	routine     *routine
	validator   *routine
	dynamic     bool
}

type working struct {
	name       string
	unfinished HandlerUnfinishedPolicy
}

func (h *handlers) prepare() {
	h.signals, h.queries, h.updates = map[string]*handler{}, map[string]*handler{}, map[string]*handler{}
}

func pick(named map[string]*handler, dynamic *handler, name string) *handler {
	if found, ok := named[name]; ok {
		return found
	}
	return dynamic
}

// checkedArguments reads the arguments of a call that may still be refused.
func (h *handler) checkedArguments(of *routine, request contract.Request) ([]reflect.Value, error) {
	if !h.dynamic {
		if err := of.refuse(request.Input); err != nil {
			return nil, err
		}
	}
	return h.arguments(of, request)
}

// arguments reads the arguments of a call.
func (h *handler) arguments(of *routine, request contract.Request) ([]reflect.Value, error) {
	if !h.dynamic {
		return of.arguments(request.Input)
	}
	return []reflect.Value{reflect.ValueOf(request.Name), reflect.ValueOf(EncodedValues(request.Input))}, nil
}

// beginHandler runs a handler as a coroutine, before all else. Whoever is told its result finds it ended.
func (r *run) beginHandler(
	name string, unfinished HandlerUnfinishedPolicy, body func() (contract.Payload, error),
	ended func(contract.Payload, error),
) {
	work := &working{name, unfinished}
	r.handlers.atWork = append(r.handlers.atWork, work)
	r.fresh = append(r.fresh, r.spawn(name, func() {
		result, err := body()
		r.handlers.end(work)
		ended(result, err)
	}))
}

func (h *handlers) end(ended *working) {
	h.atWork = slices.DeleteFunc(h.atWork, func(work *working) bool { return work == ended })
}

// AllHandlersFinished tells whether no handler of a signal or an update is at work.
func AllHandlersFinished(Context) bool { return len(theRun().handlers.atWork) == 0 }

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
		if err != nil && !r.isAnswerToCancel(err) {
			r.finish(contract.Payload{}, err)
		}
	})
}

// QueryHandlerOptions are those of the handler of a query.
type QueryHandlerOptions struct {
	// What it answers, for people.
	Description string
}

// SetQueryHandler answers queries of a name by a function, which takes the query's arguments and returns a
// value and an error. It must not change anything.
func SetQueryHandler(ctx Context, queryName string, function any) error {
	return SetQueryHandlerWithOptions(ctx, queryName, function, QueryHandlerOptions{})
}

// SetQueryHandlerWithOptions is [SetQueryHandler] with options.
func SetQueryHandlerWithOptions(_ Context, queryName string, function any, options QueryHandlerOptions) error {
	r := theRun()
	r.here("setting a handler")
	made := newRoutine(fmt.Sprintf("handler of query `%s`", queryName), function)
	r.handlers.queries[queryName] = &handler{description: options.Description, routine: made}
	return nil
}

// SetDynamicQueryHandler answers queries of all names that have no handler.
func SetDynamicQueryHandler(_ Context, function func(name string, args EncodedValues) (any, error)) error {
	r := theRun()
	r.here("setting a handler")
	r.handlers.dynamicQuery = &handler{routine: newRoutine("dynamic handler", function), dynamic: true}
	return nil
}

// query answers a query.
func (r *run) query(request contract.Request) (contract.Payload, contract.Failure) {
	switch request.Name {
	case stackTraceQuery:
		return answered(codec.Encode(r.stackTrace()))
	case metadataQuery:
		return answered(codec.Encode(r.metadata()))
	}
	if !r.begun {
		return contract.Payload{}, notStarted()
	}
	found := pick(r.handlers.queries, r.handlers.dynamicQuery, request.Name)
	if found == nil {
		return contract.Payload{}, unknown("query", request.Name, r.queryNames())
	}
	arguments, err := found.checkedArguments(found.routine, request)
	if err != nil {
		return contract.Payload{}, dalsegno.FailureOf(err)
	}
	ctx := handling(r.context, request)
	return answered(r.reading("a query", func() (contract.Payload, error) {
		return found.routine.call(ctx, arguments)
	}))
}

func answered(payload contract.Payload, err error) (contract.Payload, contract.Failure) {
	return payload, dalsegno.FailureOf(err)
}

// reading runs code that must not change anything. A panic is its error.
func (r *run) reading(what string, code func() (contract.Payload, error)) (result contract.Payload, err error) {
	r.readOnly = what
	defer func() {
		r.readOnly = ""
		if value := recover(); value != nil {
			failure := panicked(value)
			err = dalsegno.NewPanicError(failure[0].Message, failure[0].StackTrace)
		}
	}()
	return code()
}
