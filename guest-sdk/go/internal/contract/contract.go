// Package contract has the values and calls of the guest contract (wit/) as the SDK uses them.
//
// What may be absent is its zero value here, unless zero means something else: then it is a pointer.
package contract

import (
	"bytes"
	"fmt"
)

// An Entry is one line of a payload's metadata.
type Entry struct {
	Key   string
	Value []byte
}

// A Payload is one value with what is needed to read it.
type Payload struct {
	Metadata []Entry
	Data     []byte
}

// The key of a payload's metadata that names the format, and the formats.
const (
	Encoding    = "encoding"
	JSONPlain   = "json/plain"
	BinaryPlain = "binary/plain"
	BinaryNull  = "binary/null"
)

// NewPayload makes a payload of one of the formats.
func NewPayload(format string, data []byte) Payload {
	return Payload{Metadata: []Entry{{Key: Encoding, Value: []byte(format)}}, Data: data}
}

// Format names the format; JSON if none is named.
func (p Payload) Format() string {
	for _, entry := range p.Metadata {
		if entry.Key == Encoding {
			return string(entry.Value)
		}
	}
	return JSONPlain
}

// MarshalJSON lets a payload stand inside of a larger value, if it is JSON itself.
func (p Payload) MarshalJSON() ([]byte, error) {
	switch format := p.Format(); format {
	case JSONPlain:
		return p.Data, nil
	case BinaryNull:
		return []byte("null"), nil
	default:
		return nil, fmt.Errorf("a payload with the encoding `%s` cannot stand inside of JSON", format)
	}
}

// UnmarshalJSON keeps a part of a larger value as it came.
func (p *Payload) UnmarshalJSON(text []byte) error {
	*p = NewPayload(JSONPlain, bytes.Clone(text))
	return nil
}

// A Named payload is a header, a memo field or a search attribute.
type Named struct {
	Name  string
	Value Payload
}

// A Change of a named value; nil removes it.
type Change struct {
	Name  string
	Value *Payload
}

// An Operation is the host's number of something that will have an outcome.
type Operation = uint64

// A Request is a call of a handler.
type Request struct {
	ID      string
	Name    string
	Input   []Payload
	Headers []Named
}

// A RetryPolicy says how failed attempts are repeated.
type RetryPolicy struct {
	InitialIntervalMs      uint64
	BackoffCoefficient     float64
	MaximumIntervalMs      uint64
	MaximumAttempts        uint32
	NonRetryableErrorTypes []string
}

// What cancelling an activity waits for, numbered as in the contract.
const (
	ActivityTryCancel uint8 = iota
	ActivityWait
	ActivityAbandon
)

// ActivityOptions are those of an activity, local or not; each kind leaves some unset.
type ActivityOptions struct {
	ActivityID            string
	TaskQueue             string
	ScheduleToCloseMs     uint64
	ScheduleToStartMs     uint64
	StartToCloseMs        uint64
	HeartbeatMs           uint64
	LocalRetryThresholdMs uint64
	RetryPolicy           *RetryPolicy
	CancellationType      uint8
	Summary               string
	Headers               []Named
}

// ChildOptions are those of a child; the enums are numbered as in the contract.
type ChildOptions struct {
	WorkflowID         string
	Namespace          string
	TaskQueue          string
	ExecutionTimeoutMs uint64
	RunTimeoutMs       uint64
	RetryPolicy        *RetryPolicy
	IDReusePolicy      uint8
	ParentClosePolicy  uint8
	CancellationType   uint8
	ModulePolicy       uint8
	Memo               []Named
	SearchAttributes   []Named
	Summary            string
	Headers            []Named
}

// A Child has two operations: its start and its end.
type Child struct {
	Started Operation
	Closed  Operation
}

// A Target is another run.
type Target struct {
	Namespace  string
	WorkflowID string
	RunID      string
}

// SignalOptions are those of a signal to another run.
type SignalOptions struct {
	ChildOnly bool
	Headers   []Named
}

// ContinueAsNewOptions change what the next run has; nil slices leave it as it is.
type ContinueAsNewOptions struct {
	WorkflowType     string
	TaskQueue        string
	RunTimeoutMs     uint64
	RetryPolicy      *RetryPolicy
	Memo             []Named
	SearchAttributes []Named
	CurrentModule    bool
	CarriedSignals   []Request
	Headers          []Named
}

// A RunIdentity says which run.
type RunIdentity struct {
	Namespace  string
	WorkflowID string
	RunID      string
}

// RunInfo is what a run was started with.
type RunInfo struct {
	Namespace            string
	WorkflowID           string
	RunID                string
	FirstRunID           string
	ContinuedRunID       string
	WorkflowType         string
	TaskQueue            string
	Attempt              uint32
	StartTimeUs          uint64
	ExecutionTimeoutMs   uint64
	RunTimeoutMs         uint64
	RetryPolicy          *RetryPolicy
	Parent               *RunIdentity
	Root                 *RunIdentity
	Memo                 []Named
	SearchAttributes     []Named
	Headers              []Named
	LastCompletionResult *Payload
	LastFailure          Failure
	ModuleDigest         string
}

// How loud a line of the log is, numbered as in the contract.
const (
	LevelTrace uint8 = iota
	LevelDebug
	LevelInfo
	LevelWarn
	LevelError
)

// A Tag belongs to a line of the log or to a figure.
type Tag struct {
	Key   string
	Value string
}

// A Host is what the contract imports. See wit/host.wit for what its calls mean.
type Host interface {
	ScheduleActivity(name string, input []Payload, options ActivityOptions) Operation
	ScheduleLocalActivity(name string, input []Payload, options ActivityOptions) Operation
	CancelActivity(operation Operation) bool
	StartTimer(durationMs uint64, summary string) Operation
	CancelTimer(operation Operation) bool
	StartChild(workflowType string, input []Payload, options ChildOptions) Child
	CancelChild(closed Operation, reason string) bool
	SignalRun(target Target, name string, input []Payload, options SignalOptions) Operation
	CancelRun(target Target, reason string) Operation
	Info() RunInfo
	RandomBytes(length uint32) []byte
	Complete(result Payload)
	Fail(failure Failure)
	Cancelled(details []Payload)
	ContinueAsNew(input []Payload, options ContinueAsNewOptions)
	Patched(id string) bool
	DeprecatePatch(id string)
	GetVersion(changeID string, minimum, maximum int32) int32
	UpsertSearchAttributes(attributes []Change)
	SetMemo(fields []Change)
	SetDetails(details string)
	CompleteUpdate(id string, result Payload)
	FailUpdate(id string, failure Failure)
	Log(level uint8, message string, fields []Tag)
	Count(name string, value uint64, tags []Tag)
	Record(name string, value float64, tags []Tag)
	WantsCallSites() bool
	CallSite(frames []string)
}
