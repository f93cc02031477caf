package workflow

import (
	"fmt"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

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
