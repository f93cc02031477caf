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
	made := &routine{what: what, function: value}
	made.readParams()
	made.readResults()
	return made
}

func (f *routine) readParams() {
	of := f.function.Type()
	for index := range of.NumIn() {
		param := of.In(index)
		if index == 0 && param == contextType {
			f.context = true
			continue
		}
		switch param {
		case contextType:
			f.refuseFunction("only its first parameter may be a workflow.Context")
		case goContextType:
			f.refuseFunction("it takes a context.Context; use workflow.Context, as its first parameter")
		}
		if unreadable := codec.Unreadable(param); unreadable != nil {
			reason := fmt.Sprintf("no argument can be read into its parameter %d, a %s", index+1, param)
			if unreadable != param {
				reason += fmt.Sprintf(", since that has a %s", unreadable)
			}
			f.refuseFunction(reason + "; arguments are values in JSON")
		}
		f.params = append(f.params, param)
	}
}

func (f *routine) readResults() {
	of := f.function.Type()
	switch outs := of.NumOut(); {
	case outs > 2, outs == 2 && of.Out(1) != errorType:
		f.refuseFunction(fmt.Sprintf("it returns an error, or a value and an error, not %s", of))
	case outs > 0:
		f.result = outs == 2 || of.Out(0) != errorType
	}
}

// mustBeWorkflow refuses what only handlers may leave out.
func (f *routine) mustBeWorkflow() {
	of := f.function.Type()
	if !f.context {
		f.refuseFunction("its first parameter has to be a workflow.Context")
	}
	if outs := of.NumOut(); outs == 0 || of.Out(outs-1) != errorType {
		f.refuseFunction("it has to return an error, or a value and an error")
	}
}

// refuseFunction panics with what is wrong with the function, and where that stands.
func (f *routine) refuseFunction(problem string) {
	place := stack.At(f.function.Pointer())
	if place != "" {
		place = ", at " + place
	}
	panic(fmt.Sprintf("%s%s: %s", f.what, place, problem))
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
