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

type headersKey struct{}

// handling gives the context of a handler's call.
func handling(ctx Context, request contract.Request) Context {
	return WithValue(ctx, headersKey{}, changed(request.Headers, nil))
}

// GetHeaders gives what travelled beside the arguments: with the signal, the update or the query that the code with
// this context handles; elsewhere with the start of the run. Nothing of it goes on by itself: the options of what is
// called have Headers.
func GetHeaders(ctx Context) map[string]dalsegno.Payload {
	if headers, ok := ctx.Value(headersKey{}).(map[string]dalsegno.Payload); ok {
		return headers
	}
	return changed(theRun().host.Info().Headers, nil)
}
