package workflow

import (
	"fmt"
	"slices"

	"dalsegno"
	"dalsegno/internal/contract"
)

// UpdateHandlerOptions are those of the handler of an update.
type UpdateHandlerOptions struct {
	// Decides whether an update is accepted: a function of the update's arguments that returns an error. A
	// refused update leaves no trace. It must not change anything.
	Validator any
	// What it does, for people.
	Description string
	// What becomes of it if it is at work when the run closes.
	UnfinishedPolicy HandlerUnfinishedPolicy
}

// UpdateInfo says which update it is.
type UpdateInfo struct {
	// Chosen by the caller; the same if the caller repeats the update.
	ID string
	// The handler's.
	Name string
}

type updateKey struct{}

// GetCurrentUpdateInfo gives the update that the code with this context handles or validates; nil if it is
// none.
func GetCurrentUpdateInfo(ctx Context) *UpdateInfo {
	info, _ := ctx.Value(updateKey{}).(*UpdateInfo)
	return info
}

// SetUpdateHandler runs a function for each update of a name, as a coroutine of its own. It takes a
// [Context], if it wants one, and the update's arguments, and returns an error, or a value and an error. An
// error that it returns fails the update, not the run.
func SetUpdateHandler(ctx Context, updateName string, function any) error {
	return SetUpdateHandlerWithOptions(ctx, updateName, function, UpdateHandlerOptions{})
}

// SetUpdateHandlerWithOptions is [SetUpdateHandler] with options.
func SetUpdateHandlerWithOptions(
	_ Context, updateName string, function any, options UpdateHandlerOptions,
) error {
	r := theRun()
	r.here("setting a handler")
	made := &handler{
		description: options.Description,
		unfinished:  options.UnfinishedPolicy,
		routine:     newRoutine(fmt.Sprintf("handler of update `%s`", updateName), function),
	}
	if options.Validator != nil {
		made.validator = newRoutine(fmt.Sprintf("validator of update `%s`", updateName), options.Validator)
		if !slices.Equal(made.validator.params, made.routine.params) {
			panic(fmt.Sprintf("the validator of update `%s` takes other arguments than its handler", updateName))
		}
	}
	r.handlers.updates[updateName] = made
	return nil
}

// DynamicUpdateHandlerOptions are those of the handler of updates of any name.
type DynamicUpdateHandlerOptions struct {
	// Decides whether an update is accepted.
	Validator func(ctx Context, name string, args EncodedValues) error
	// What becomes of it if it is at work when the run closes.
	UnfinishedPolicy HandlerUnfinishedPolicy
}

// SetDynamicUpdateHandler runs a function for updates of all names that have no handler.
func SetDynamicUpdateHandler(
	_ Context, function func(ctx Context, name string, args EncodedValues) (any, error),
	options DynamicUpdateHandlerOptions,
) error {
	r := theRun()
	r.here("setting a handler")
	made := &handler{
		unfinished: options.UnfinishedPolicy, routine: newRoutine("dynamic handler", function), dynamic: true,
	}
	if options.Validator != nil {
		made.validator = newRoutine("dynamic validator", options.Validator)
	}
	r.handlers.dynamicUpdate = made
	return nil
}

func handlingUpdate(ctx Context, update contract.Request) Context {
	return WithValue(handling(ctx, update), updateKey{}, &UpdateInfo{ID: update.ID, Name: update.Name})
}

func (r *run) findUpdate(name string) *handler {
	return pick(r.handlers.updates, r.handlers.dynamicUpdate, name)
}

// update begins an update. Whatever comes of it is the caller's to know, not the run's.
func (r *run) update(request contract.Request) {
	if !r.begun {
		// The main routine sets the handlers.
		r.drain()
		if r.stopped() {
			return
		}
	}
	found := r.findUpdate(request.Name)
	if found == nil {
		r.host.FailUpdate(request.ID, unknown("update", request.Name, names(r.handlers.updates)))
		return
	}
	arguments, err := found.arguments(found.routine, request)
	if err != nil {
		r.host.FailUpdate(request.ID, dalsegno.FailureOf(err))
		return
	}
	ctx := handlingUpdate(r.context, request)
	body := func() (contract.Payload, error) { return found.routine.call(ctx, arguments) }
	r.beginHandler("update "+request.Name, found.unfinished, body, func(result contract.Payload, err error) {
		if r.reportMisuse(err, found.routine) {
			return
		}
		switch {
		case r.closed:
		case err != nil:
			r.host.FailUpdate(request.ID, dalsegno.FailureOf(err))
		default:
			r.host.CompleteUpdate(request.ID, result)
		}
	})
	r.runAllFresh()
}

// validate decides whether an update is accepted.
func (r *run) validate(request contract.Request) contract.Failure {
	if !r.begun {
		return notStarted()
	}
	found := r.findUpdate(request.Name)
	if found == nil {
		return unknown("update", request.Name, names(r.handlers.updates))
	}
	// Arguments that do not fit are refused, also where no validator looks at them.
	if _, err := found.checkedArguments(found.routine, request); err != nil {
		return dalsegno.FailureOf(err)
	}
	if found.validator == nil {
		return nil
	}
	arguments, err := found.arguments(found.validator, request)
	if err != nil {
		return dalsegno.FailureOf(err)
	}
	ctx := handlingUpdate(r.context, request)
	_, err = r.reading("a validator", func() (contract.Payload, error) {
		return found.validator.call(ctx, arguments)
	})
	return dalsegno.FailureOf(err)
}
