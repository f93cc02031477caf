package workflow

import (
	"context"
	"fmt"
	"reflect"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
	"dalsegno/internal/stack"
)

var (
	contextType   = reflect.TypeFor[Context]()
	goContextType = reflect.TypeFor[context.Context]()
	errorType     = reflect.TypeFor[error]()
)

// A routine is a function of the user: of a workflow type or a handler.
type routine struct {
	// What it is, for people.
	what     string
	function reflect.Value
	// Whether the first parameter is a context.
	context bool
	params  []reflect.Type
	// Whether there is a result beside the error.
	result bool
}

// newRoutine looks at a function once. What it cannot be is a bug that is told at once.
func newRoutine(what string, function any) *routine {
	value := reflect.ValueOf(function)
	if value.Kind() != reflect.Func || value.IsNil() {
		panic(fmt.Sprintf("%s: a function is expected, not a %T", what, function))
	}
	of := value.Type()
	made := &routine{what: what, function: value}
	for index := range of.NumIn() {
		switch param := of.In(index); {
		case index == 0 && param == contextType:
			made.context = true
		case param == goContextType:
			panic(fmt.Sprintf("%s: the function takes a context.Context; use workflow.Context, as its first parameter", what))
		default:
			made.params = append(made.params, param)
		}
	}
	switch outs := of.NumOut(); {
	case outs > 2, outs == 2 && of.Out(1) != errorType:
		panic(fmt.Sprintf("%s: the function returns an error, or a value and an error, not %s", what, of))
	case outs > 0:
		made.result = outs == 2 || of.Out(0) != errorType
	}
	return made
}

// schemas gives the JSON Schemas of the arguments; nil if any number of them is taken.
func (f *routine) schemas() []string {
	if f.function.Type().IsVariadic() {
		return nil
	}
	schemas := make([]string, 0, len(f.params))
	for _, param := range f.params {
		schemas = append(schemas, codec.Schema(param))
	}
	return schemas
}

// arguments reads the arguments of a call.
func (f *routine) arguments(input []contract.Payload) ([]reflect.Value, error) {
	types := f.params
	if f.function.Type().IsVariadic() {
		last := types[len(types)-1].Elem()
		types = types[: len(types)-1 : len(types)-1]
		for len(types) < len(input) {
			types = append(types, last)
		}
	}
	arguments, err := codec.Arguments(input, types)
	if err != nil {
		return nil, f.badArguments(err)
	}
	return arguments, nil
}

// badArguments is an error whose place is the function that was to take them.
func (f *routine) badArguments(err error) error {
	kind := contract.Application{Type: badArguments, NonRetryable: true}
	place := stack.At(f.function.Pointer())
	return dalsegno.ErrorOf(contract.Failure{{Message: err.Error(), StackTrace: place, Kind: kind}})
}

// refuse says why a call has more arguments than are taken. It is for calls that may still be refused, as the host
// refuses starts; of what is accepted nothing is lost, and the rest is ignored, so that a caller may be newer.
func (f *routine) refuse(input []contract.Payload) error {
	if f.function.Type().IsVariadic() || len(input) <= len(f.params) {
		return nil
	}
	return f.badArguments(fmt.Errorf("%d arguments were given, it takes %d", len(input), len(f.params)))
}

// call runs the function.
func (f *routine) call(ctx Context, arguments []reflect.Value) (contract.Payload, error) {
	if f.context {
		arguments = append([]reflect.Value{reflect.ValueOf(ctx)}, arguments...)
	}
	outs := f.function.Call(arguments)
	if len(outs) > 0 && outs[len(outs)-1].Type() == errorType {
		if err, failed := outs[len(outs)-1].Interface().(error); failed {
			return contract.Payload{}, err
		}
	}
	if !f.result {
		return codec.Null(), nil
	}
	result, err := codec.Encode(outs[0].Interface())
	if err != nil {
		return contract.Payload{}, dalsegno.NewApplicationErrorWithCause(
			fmt.Sprintf("the result of the %s has no JSON form", f.what), badResult, err)
	}
	return result, nil
}
