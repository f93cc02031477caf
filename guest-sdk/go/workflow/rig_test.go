package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dalsegno"
	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

// A rig is a run on a host that writes down what it is asked.
type rig struct {
	t *testing.T
	// What was asked since it was looked at last.
	asked     []string
	next      contract.Operation
	at        uint64
	refuse    bool
	callSites bool
	run       *run
}

// rigged starts a function as a workflow.
func rigged(t *testing.T, function any, args ...any) *rig {
	t.Helper()
	r := unstarted(t, function)
	r.ok(contract.Started{WorkflowType: "test", Input: r.payloads(args)})
	return r
}

func unstarted(t *testing.T, function any) *rig {
	r := &rig{t: t, at: 1_000_000}
	active = newRun(r, []*workflowType{{name: "test", routine: newRoutine("test", function)}})
	r.run = active
	t.Cleanup(func() { active = nil })
	return r
}

func (r *rig) payloads(values []any) []contract.Payload {
	payloads := []contract.Payload{}
	for _, value := range values {
		payload, err := codec.Encode(value)
		if err != nil {
			r.t.Fatal(err)
		}
		payloads = append(payloads, payload)
	}
	return payloads
}

// activate delivers events.
func (r *rig) activate(events ...contract.Event) contract.Failure {
	return r.run.activate(contract.Activation{TimeUs: r.at, Events: events})
}

// ok delivers events to code without a bug.
func (r *rig) ok(events ...contract.Event) {
	r.t.Helper()
	if failure := r.activate(events...); failure != nil {
		r.t.Fatalf("the activation failed: %s\n%s", failure[0].Message, failure[0].StackTrace)
	}
}

// resumed ends an operation with a result.
func (r *rig) resumed(operation contract.Operation, result any) contract.Event {
	payload := r.payloads([]any{result})[0]
	return contract.Resumed{Operation: operation, Result: &payload}
}

func (r *rig) fired(operation contract.Operation) contract.Event {
	return contract.Resumed{Operation: operation}
}

func (r *rig) signal(name string, args ...any) contract.Event {
	return contract.Signalled{Request: contract.Request{Name: name, Input: r.payloads(args)}}
}

func (r *rig) update(name string, args ...any) contract.Event {
	request := contract.Request{ID: "u", Name: name, Input: r.payloads(args)}
	return contract.UpdateAccepted{Request: request}
}

func (r *rig) query(name string, args ...any) string {
	answer, failure := r.run.query(contract.Request{Name: name, Input: r.payloads(args)})
	if failure != nil {
		return "failed: " + describe1(failure)
	}
	return string(answer.Data)
}

// expect holds what was asked of the host since the last look.
func (r *rig) expect(wanted ...string) {
	r.t.Helper()
	if !slices.Equal(r.asked, wanted) {
		r.t.Fatalf("asked:\n  %s\nwanted:\n  %s", strings.Join(r.asked, "\n  "), strings.Join(wanted, "\n  "))
	}
	r.asked = nil
}

// bugs delivers events to code with a bug, and gives its message.
func (r *rig) bugs(events ...contract.Event) contract.Cause {
	r.t.Helper()
	failure := r.activate(events...)
	if failure == nil {
		r.t.Fatal("the activation did not fail")
	}
	return failure[0]
}

func (r *rig) note(format string, args ...any) {
	r.asked = append(r.asked, fmt.Sprintf(format, args...))
}

func (r *rig) operation() contract.Operation {
	r.next++
	return r.next
}

func texts(payloads []contract.Payload) string {
	var all []string
	for _, payload := range payloads {
		all = append(all, string(payload.Data))
	}
	return strings.Join(all, ", ")
}

// describe1 gives the causes in one line.
func describe1(failure contract.Failure) string {
	var all []string
	for _, cause := range failure {
		kind := strings.TrimPrefix(fmt.Sprintf("%T", cause.Kind), "contract.")
		if application, ok := cause.Kind.(contract.Application); ok {
			kind = application.Type
		}
		all = append(all, fmt.Sprintf("[%s] %s", kind, cause.Message))
	}
	return strings.Join(all, " <- ")
}

func (r *rig) ScheduleActivity(name string, input []contract.Payload, _ contract.ActivityOptions) uint64 {
	r.note("activity %s(%s)", name, texts(input))
	return r.operation()
}

func (r *rig) ScheduleLocalActivity(name string, input []contract.Payload, _ contract.ActivityOptions) uint64 {
	r.note("local activity %s(%s)", name, texts(input))
	return r.operation()
}

func (r *rig) CancelActivity(operation uint64) bool {
	r.note("cancel activity %d", operation)
	return !r.refuse
}

func (r *rig) StartTimer(durationMs uint64, _ string) uint64 {
	r.note("timer %d", durationMs)
	return r.operation()
}

func (r *rig) CancelTimer(operation uint64) bool {
	r.note("cancel timer %d", operation)
	return true
}

func (r *rig) StartChild(workflowType string, input []contract.Payload, options contract.ChildOptions) contract.Child {
	r.note("child %s %s(%s)", workflowType, options.WorkflowID, texts(input))
	return contract.Child{Started: r.operation(), Closed: r.operation()}
}

func (r *rig) CancelChild(closed uint64, reason string) bool {
	r.note("cancel child %d %q", closed, reason)
	return !r.refuse
}

func (r *rig) SignalRun(to contract.Target, name string, input []contract.Payload, options contract.SignalOptions) uint64 {
	r.note("signal %s %s(%s) child only %t", to.WorkflowID, name, texts(input), options.ChildOnly)
	return r.operation()
}

func (r *rig) CancelRun(to contract.Target, _ string) uint64 {
	r.note("cancel %s", to.WorkflowID)
	return r.operation()
}

func (r *rig) Info() contract.RunInfo { return contract.RunInfo{Namespace: "n", WorkflowID: "w"} }

func (r *rig) RandomBytes(length uint32) []byte { return make([]byte, length) }

func (r *rig) Complete(result contract.Payload) { r.note("complete %s", result.Data) }

func (r *rig) Fail(failure contract.Failure) { r.note("fail %s", describe1(failure)) }

func (r *rig) Cancelled([]contract.Payload) { r.note("cancelled") }

func (r *rig) ContinueAsNew(input []contract.Payload, options contract.ContinueAsNewOptions) {
	var carried []string
	for _, signal := range options.CarriedSignals {
		carried = append(carried, signal.Name)
	}
	r.note("continue as new %s(%s) carrying %v", options.WorkflowType, texts(input), carried)
}

func (r *rig) Patched(id string) bool {
	r.note("patched %s", id)
	return true
}

func (r *rig) DeprecatePatch(id string) { r.note("deprecate %s", id) }

func (r *rig) GetVersion(id string, minimum, maximum int32) int32 {
	r.note("version %s %d %d", id, minimum, maximum)
	return maximum
}

func (r *rig) UpsertSearchAttributes(changes []contract.Change) {
	r.note("attributes %s", changesText(changes))
}

func (r *rig) SetMemo(changes []contract.Change) { r.note("memo %s", changesText(changes)) }

func changesText(changes []contract.Change) string {
	var all []string
	for _, change := range changes {
		value := "removed"
		if change.Value != nil {
			value = string(change.Value.Data)
		}
		all = append(all, change.Name+"="+value)
	}
	return strings.Join(all, " ")
}

func (r *rig) SetDetails(details string) { r.note("details %s", details) }

func (r *rig) CompleteUpdate(id string, result contract.Payload) {
	r.note("update %s complete %s", id, result.Data)
}

func (r *rig) FailUpdate(id string, failure contract.Failure) {
	r.note("update %s fail %s", id, describe1(failure))
}

func (r *rig) Log(_ uint8, message string, fields []contract.Tag) {
	text, _ := json.Marshal(fields)
	r.note("log %s %s", message, text)
}

func (r *rig) Count(name string, value uint64, _ []contract.Tag) { r.note("count %s %d", name, value) }

func (r *rig) Record(name string, value float64, _ []contract.Tag) {
	r.note("record %s %g", name, value)
}

func (r *rig) WantsCallSites() bool { return r.callSites }

func (r *rig) CallSite(frames []string) { r.note("at %s", frames[0]) }

// failed is an activity's failure.
func failed(operation contract.Operation) contract.Event {
	return contract.Resumed{Operation: operation, Failure: contract.Failure{
		{Message: "activity failed", Kind: contract.Activity{ActivityType: "a", Attempts: 2}},
		{Message: "no", Kind: contract.Application{Type: "Declined", NonRetryable: true}},
	}}
}

func isDeclined(err error) bool { return dalsegno.IsApplicationErrorType(err, "Declined") }
