package dalsegno

import (
	"errors"
	"reflect"

	"dalsegno/internal/contract"
)

// ErrorOf is for the SDK itself: a failure as a chain of errors.
func ErrorOf(failure contract.Failure) error {
	var err error
	for index := len(failure) - 1; index >= 0; index-- {
		err = errorOf(failure[index], err)
	}
	return err
}

func errorOf(cause contract.Cause, behind error) error {
	common := link{message: cause.Message, stack: cause.StackTrace, cause: behind}
	switch kind := cause.Kind.(type) {
	case contract.Application:
		return &ApplicationError{
			link: common, details: kind.Details, errorType: kind.Type, nonRetryable: kind.NonRetryable,
			nextRetryDelay: kind.NextRetryDelayMs,
		}
	case contract.Cancelled:
		return &CanceledError{link: common, details: kind.Details}
	case contract.Terminated:
		return &TerminatedError{common}
	case contract.Timeout:
		timeout := TimeoutType(kind.Kind)
		return &TimeoutError{link: common, details: kind.LastHeartbeatDetails, timeoutType: timeout}
	case contract.Activity:
		return &ActivityError{link: common, activity: kind}
	case contract.ChildWorkflow:
		return &ChildWorkflowExecutionError{link: common, child: kind}
	default:
		return &ServerError{common}
	}
}

// FailureOf is for the SDK itself: an error with all its causes. An error that is not of this package
// becomes an application failure named like its Go type.
func FailureOf(err error) contract.Failure {
	var failure contract.Failure
	for err != nil {
		failure = append(failure, causeOf(err))
		err = behind(err)
	}
	return failure
}

func behind(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		if all := several.Unwrap(); len(all) > 0 {
			return all[0]
		}
	}
	return errors.Unwrap(err)
}

func causeOf(err error) contract.Cause {
	switch err := err.(type) {
	case *ApplicationError:
		return err.as(contract.Application{
			Type: err.errorType, NonRetryable: err.nonRetryable, Details: err.details,
			NextRetryDelayMs: err.nextRetryDelay,
		})
	case *CanceledError:
		return err.as(contract.Cancelled{Details: err.details})
	case *TerminatedError:
		return err.as(contract.Terminated{})
	case *TimeoutError:
		return err.as(contract.Timeout{Kind: uint8(err.timeoutType), LastHeartbeatDetails: err.details})
	case *ActivityError:
		return err.as(err.activity)
	case *ChildWorkflowExecutionError:
		return err.as(err.child)
	case *ServerError:
		return err.as(contract.Server{})
	case *PanicError:
		return err.as(contract.Application{Type: "PanicError"})
	default:
		return contract.Cause{Message: err.Error(), Kind: contract.Application{Type: typeName(err)}}
	}
}

func (l *link) as(kind contract.CauseKind) contract.Cause {
	return contract.Cause{Message: l.message, StackTrace: l.stack, Kind: kind}
}

func typeName(err error) string {
	of := reflect.TypeOf(err)
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Name() == "" {
		return of.String()
	}
	return of.Name()
}
