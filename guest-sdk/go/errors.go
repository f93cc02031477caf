package dalsegno

import (
	"errors"
	"time"

	"dalsegno/internal/contract"
	"dalsegno/internal/stack"
)

// ErrNoDetails is returned when more details are asked for than there are.
var ErrNoDetails = errors.New("the error has no such detail")

// link is what all errors of a chain have in common.
type link struct {
	message string
	stack   string
	cause   error
}

// Error gives the message, without those of the causes.
func (l *link) Error() string { return l.message }

// Message gives the message, without those of the causes.
func (l *link) Message() string { return l.message }

// Unwrap gives the cause, or nil.
func (l *link) Unwrap() error { return l.cause }

// StackTrace tells where the error was made, a frame in each line; empty if that is not known.
func (l *link) StackTrace() string { return l.stack }

// An ApplicationError is raised by user code: in an activity, a child, or here.
type ApplicationError struct {
	link
	details
	errorType      string
	nonRetryable   bool
	nextRetryDelay *uint64
}

// ApplicationErrorOptions are what NewApplicationErrorWithOptions can set.
type ApplicationErrorOptions struct {
	// Says that trying again is of no use.
	NonRetryable bool
	// What caused it.
	Cause error
	// Values for those who handle the error.
	Details []any
	// Overrides the backoff before the next attempt.
	NextRetryDelay time.Duration
}

// NewApplicationError makes an error that retry policies and callers match by its type, exactly.
func NewApplicationError(message, errorType string, details ...any) error {
	return newApplicationError(message, errorType, ApplicationErrorOptions{Details: details})
}

// NewApplicationErrorWithCause is NewApplicationError with a cause.
func NewApplicationErrorWithCause(message, errorType string, cause error, details ...any) error {
	return newApplicationError(message, errorType, ApplicationErrorOptions{Cause: cause, Details: details})
}

// NewNonRetryableApplicationError is an error after which trying again is of no use.
func NewNonRetryableApplicationError(message, errorType string, cause error, details ...any) error {
	options := ApplicationErrorOptions{NonRetryable: true, Cause: cause, Details: details}
	return newApplicationError(message, errorType, options)
}

// NewApplicationErrorWithOptions is NewApplicationError with all that can be set.
func NewApplicationErrorWithOptions(message, errorType string, options ApplicationErrorOptions) error {
	return newApplicationError(message, errorType, options)
}

func newApplicationError(message, errorType string, options ApplicationErrorOptions) error {
	made := &ApplicationError{
		link:         link{message: message, stack: stack.Trace(), cause: options.Cause},
		details:      encode(options.Details),
		errorType:    errorType,
		nonRetryable: options.NonRetryable,
	}
	if options.NextRetryDelay > 0 {
		delay := Milliseconds(options.NextRetryDelay)
		made.nextRetryDelay = &delay
	}
	return made
}

// IsApplicationError tells whether an error of user code is among the causes.
func IsApplicationError(err error) bool { return isAmong[*ApplicationError](err) }

// Type is what retry policies and callers match.
func (e *ApplicationError) Type() string { return e.errorType }

// NonRetryable tells whether trying again is of no use.
func (e *ApplicationError) NonRetryable() bool { return e.nonRetryable }

// NextRetryDelay overrides the backoff before the next attempt; zero if it does not.
func (e *ApplicationError) NextRetryDelay() time.Duration {
	if e.nextRetryDelay == nil {
		return 0
	}
	return time.Duration(*e.nextRetryDelay) * time.Millisecond
}

// A CanceledError says: stopped because of a request to cancel.
type CanceledError struct {
	link
	details
}

// NewCanceledError makes one; as the result of a run that was asked to cancel, it closes the run as
// cancelled.
func NewCanceledError(details ...any) error {
	return &CanceledError{link: link{message: "cancelled"}, details: encode(details)}
}

// IsCanceledError tells whether a request to cancel is among the causes.
func IsCanceledError(err error) bool { return isAmong[*CanceledError](err) }

// A TerminatedError says that somebody ended the child.
type TerminatedError struct{ link }

// IsTerminatedError tells whether somebody's ending of a child is among the causes.
func IsTerminatedError(err error) bool { return isAmong[*TerminatedError](err) }

func isAmong[E error](err error) bool {
	_, found := errors.AsType[E](err)
	return found
}

// A TimeoutType says which time limit was exceeded.
type TimeoutType uint8

// The time limits.
const (
	TimeoutStartToClose TimeoutType = iota
	TimeoutScheduleToStart
	TimeoutScheduleToClose
	TimeoutHeartbeat
)

// String gives the limit's name.
func (t TimeoutType) String() string {
	return name(uint8(t), "StartToClose", "ScheduleToStart", "ScheduleToClose", "Heartbeat")
}

// A TimeoutError says that a time limit was exceeded. Its details are those of the last heartbeat.
type TimeoutError struct {
	link
	details
	timeoutType TimeoutType
}

// TimeoutType says which limit it was.
func (e *TimeoutError) TimeoutType() TimeoutType { return e.timeoutType }

// HasLastHeartbeatDetails tells whether the last heartbeat had details.
func (e *TimeoutError) HasLastHeartbeatDetails() bool { return e.HasDetails() }

// LastHeartbeatDetails reads the details of the last heartbeat.
func (e *TimeoutError) LastHeartbeatDetails(pointers ...any) error { return e.Details(pointers...) }

// IsTimeoutError tells whether a time limit is among the causes.
func IsTimeoutError(err error) bool { return isAmong[*TimeoutError](err) }

// A RetryState says why a failed activity or child was not tried again.
type RetryState uint8

// The reasons.
const (
	RetryStateInProgress RetryState = iota
	RetryStateNonRetryableFailure
	RetryStateTimeout
	RetryStateMaximumAttemptsReached
	RetryStateRetryPolicyNotSet
	RetryStateInternalServerError
	RetryStateCancelRequested
)

// String gives the reason's name.
func (s RetryState) String() string {
	return name(uint8(s), "InProgress", "NonRetryableFailure", "Timeout", "MaximumAttemptsReached",
		"RetryPolicyNotSet", "InternalServerError", "CancelRequested")
}

func name(value uint8, names ...string) string {
	if int(value) < len(names) {
		return names[value]
	}
	return "Unknown"
}

// An ActivityError says which activity failed; its cause says why.
type ActivityError struct {
	link
	activity contract.Activity
}

// ActivityType is the activity's name.
func (e *ActivityError) ActivityType() string { return e.activity.ActivityType }

// ActivityID is the activity's id.
func (e *ActivityError) ActivityID() string { return e.activity.ActivityID }

// Attempts counts how often it was tried.
func (e *ActivityError) Attempts() int { return int(e.activity.Attempts) }

// RetryState says why it was not tried again.
func (e *ActivityError) RetryState() RetryState { return RetryState(e.activity.RetryState) }

// A ChildWorkflowExecutionError says which child failed; its cause says why.
type ChildWorkflowExecutionError struct {
	link
	child contract.ChildWorkflow
}

// Namespace is the child's.
func (e *ChildWorkflowExecutionError) Namespace() string { return e.child.Namespace }

// WorkflowID is the child's.
func (e *ChildWorkflowExecutionError) WorkflowID() string { return e.child.WorkflowID }

// RunID is the child's.
func (e *ChildWorkflowExecutionError) RunID() string { return e.child.RunID }

// WorkflowType is the child's.
func (e *ChildWorkflowExecutionError) WorkflowType() string { return e.child.WorkflowType }

// RetryState says why it was not tried again.
func (e *ChildWorkflowExecutionError) RetryState() RetryState { return RetryState(e.child.RetryState) }

// A ServerError is a failure of the host itself.
type ServerError struct{ link }

// The types of application errors by which a child cannot be started.
const (
	// An open workflow has the child's id.
	WorkflowAlreadyRunning = "WorkflowAlreadyRunning"
	// A closed workflow had the child's id, and it may not be used again.
	WorkflowIDReused = "WorkflowIdReused"
	// No module has the child's type.
	WorkflowTypeNotFound = "WorkflowTypeNotFound"
	// There is no such namespace.
	NamespaceNotFound = "NamespaceNotFound"
	// Another workflow to be signalled or cancelled is not there, or closed.
	WorkflowNotFound = "WorkflowNotFound"
)

// IsApplicationErrorType tells whether the first application error of the chain is of the type.
func IsApplicationErrorType(err error, errorType string) bool {
	application, found := errors.AsType[*ApplicationError](err)
	return found && application.errorType == errorType
}

// IsWorkflowExecutionAlreadyStartedError tells whether a child could not be started because its id is taken.
func IsWorkflowExecutionAlreadyStartedError(err error) bool {
	return IsApplicationErrorType(err, WorkflowAlreadyRunning)
}

// A PanicError is a panic in the code of a query or a validator. Elsewhere a panic fails the activation,
// not the run.
type PanicError struct{ link }

// IsPanicError tells whether a panic is among the causes.
func IsPanicError(err error) bool { return isAmong[*PanicError](err) }

// NewPanicError is for the SDK itself.
func NewPanicError(message, stack string) error {
	return &PanicError{link{message: message, stack: stack}}
}
