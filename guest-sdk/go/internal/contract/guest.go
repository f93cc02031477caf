package contract

// A Definition describes a workflow type. Its handlers are not known before it runs.
type Definition struct {
	Name        string
	Description string
	// JSON Schemas of the arguments; nil if any number of them is taken.
	InputSchemas []string
}

// An Activation delivers events.
type Activation struct {
	Number                 uint64
	TimeUs                 uint64
	Replaying              bool
	HistoryEvents          uint64
	HistoryBytes           uint64
	ContinueAsNewSuggested bool
	// As numbered in the contract.
	Reasons []uint8
	Events  []Event
}

// An Event is one of the types below, or nil if the SDK does not know it.
type Event any

// Started begins the run.
type Started struct {
	WorkflowType   string
	Input          []Payload
	Headers        []Named
	CarriedSignals []Request
}

// Resumed brings the outcome of an operation: a failure, or a result that may be absent.
type Resumed struct {
	Operation Operation
	Result    *Payload
	Failure   Failure
}

// Signalled brings a signal.
type Signalled struct{ Request Request }

// UpdateAccepted brings an update that was validated.
type UpdateAccepted struct{ Request Request }

// CancelRequested asks the run to cancel.
type CancelRequested struct{ Reason string }

// A Guest is what the contract exports. A nil failure is none.
type Guest interface {
	Definitions() []Definition
	Activate(activation Activation) Failure
	ValidateUpdate(request Request) Failure
	Query(request Request) (Payload, Failure)
}
