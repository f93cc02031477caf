package contract

// A Failure is a chain of causes, the outermost first; empty means none.
type Failure []Cause

// A Cause is one link. Its Kind is one of the types below.
type Cause struct {
	Message    string
	StackTrace string
	Kind       CauseKind
}

// A CauseKind is an Application, Cancelled, Terminated, Timeout, Activity, ChildWorkflow or Server.
type CauseKind interface{ isCauseKind() }

// Application is a failure that user code raised.
type Application struct {
	Type             string
	NonRetryable     bool
	Details          []Payload
	NextRetryDelayMs *uint64
}

// Cancelled has the details that the cancelled side gave.
type Cancelled struct{ Details []Payload }

// Terminated says that somebody ended it.
type Terminated struct{}

// Timeout says which limit was exceeded, numbered as in the contract.
type Timeout struct {
	Kind                 uint8
	LastHeartbeatDetails []Payload
}

// Activity says which activity failed.
type Activity struct {
	ActivityType string
	ActivityID   string
	Attempts     uint32
	RetryState   uint8
}

// ChildWorkflow says which child failed.
type ChildWorkflow struct {
	Namespace    string
	WorkflowID   string
	RunID        string
	WorkflowType string
	RetryState   uint8
}

// RetryStateCancelRequested is the retry state of what was cancelled.
const RetryStateCancelRequested uint8 = 6

// Server is a failure of the host itself.
type Server struct{}

func (Application) isCauseKind()   {}
func (Cancelled) isCauseKind()     {}
func (Terminated) isCauseKind()    {}
func (Timeout) isCauseKind()       {}
func (Activity) isCauseKind()      {}
func (ChildWorkflow) isCauseKind() {}
func (Server) isCauseKind()        {}
