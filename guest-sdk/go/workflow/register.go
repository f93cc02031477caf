package workflow

import (
	"fmt"
	"reflect"

	"dalsegno/internal/contract"
	"dalsegno/internal/link"
)

// RegisterOptions are those of a workflow type.
type RegisterOptions struct {
	// The type's name; the function's if none is given.
	Name string
	// What it does, for people.
	Description string
}

type workflowType struct {
	name        string
	description string
	routine     *routine
}

var registered []*workflowType

// Register makes a workflow type of a function, under the function's name. It belongs into a package's init:
//
//	func init() { workflow.Register(Hello) }
//
// The function takes a [Context] and the arguments of the start, and returns an error, or a value and an
// error. The host refuses a start whose arguments do not fit: too few, too many, or of another type.
func Register(function any) { RegisterWithOptions(function, RegisterOptions{}) }

// RegisterWithOptions is [Register] with options.
func RegisterWithOptions(function any, options RegisterOptions) {
	if options.Name == "" {
		options.Name = functionName(function)
	}
	if find(registered, options.Name) != nil {
		panic(fmt.Sprintf("two workflow types are named `%s`", options.Name))
	}
	routine := newRoutine(fmt.Sprintf("workflow type `%s`", options.Name), function)
	routine.mustBeWorkflow()
	registered = append(registered, &workflowType{options.Name, options.Description, routine})
}

func find(types []*workflowType, name string) *workflowType {
	for _, candidate := range types {
		if candidate.name == name {
			return candidate
		}
	}
	return nil
}

// workflowName gives the name of a type; a function's is the one that it is registered under.
func workflowName(types []*workflowType, named any) string {
	if value := reflect.ValueOf(named); value.Kind() == reflect.Func {
		for _, candidate := range types {
			if candidate.routine.function.Pointer() == value.Pointer() {
				return candidate.name
			}
		}
	}
	return functionName(named)
}

// module is what the component exports. It lives for one run.
type module struct{}

func init() { link.Guest = module{} }

func (module) Definitions() []contract.Definition {
	if len(registered) == 0 {
		panic("no workflow is registered: call workflow.Register in an init of package main, or of one that it imports")
	}
	definitions := make([]contract.Definition, 0, len(registered))
	for _, of := range registered {
		definitions = append(definitions, contract.Definition{
			Name: of.name, Description: of.description, InputSchemas: of.routine.schemas(),
		})
	}
	return definitions
}

func (module) Activate(activation contract.Activation) contract.Failure {
	if active == nil {
		active = newRun(link.Host, registered)
	}
	return active.activate(activation)
}

func (module) ValidateUpdate(request contract.Request) contract.Failure {
	if active == nil {
		return notStarted()
	}
	return active.validate(request)
}

func (module) Query(request contract.Request) (contract.Payload, contract.Failure) {
	if active == nil {
		return contract.Payload{}, notStarted()
	}
	return active.query(request)
}

func notStarted() contract.Failure {
	kind := contract.Application{Type: "NotStarted", NonRetryable: true}
	return contract.Failure{{Message: "the workflow has not begun, or not with these arguments", Kind: kind}}
}
