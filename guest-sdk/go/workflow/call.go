package workflow

import (
	"fmt"
	"reflect"

	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

var (
	contextType = reflect.TypeFor[Context]()
	errorType   = reflect.TypeFor[error]()
)

// A routine is a function of the user: of a workflow type or a handler.
type routine struct {
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
	made := &routine{function: value}
	for index := range of.NumIn() {
		if index == 0 && of.In(0) == contextType {
			made.context = true
			continue
		}
		made.params = append(made.params, of.In(index))
	}
	switch outs := of.NumOut(); {
	case outs > 2, outs == 2 && of.Out(1) != errorType:
		panic(fmt.Sprintf("%s: the function returns an error, or a value and an error, not %s", what, of))
	case outs > 0:
		made.result = outs == 2 || of.Out(0) != errorType
	}
	return made
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
		return nil, badArgumentsError(err)
	}
	return arguments, nil
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
	return codec.Encode(outs[0].Interface())
}
