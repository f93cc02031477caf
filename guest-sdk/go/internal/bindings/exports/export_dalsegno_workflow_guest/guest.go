//go:build wasip1

// Package export_dalsegno_workflow_guest is what the generated bindings call, and where they are called: it
// turns their values into those of package contract and back.
package export_dalsegno_workflow_guest

import (
	"dalsegno/internal/bindings/imports/dalsegno_workflow_guest"
	types "dalsegno/internal/bindings/imports/dalsegno_workflow_types"
	"dalsegno/internal/contract"
	"dalsegno/internal/link"
	wit "dalsegno/internal/wit/types"
)

const (
	sdkName    = "dalsegno-go"
	sdkVersion = "0.1.0"
)

func init() { link.Host = host{} }

// Definitions tells what the module holds.
func Definitions() dalsegno_workflow_guest.ModuleDefinition {
	module := dalsegno_workflow_guest.ModuleDefinition{SdkName: sdkName, SdkVersion: sdkVersion}
	for _, definition := range link.Guest.Definitions() {
		module.Workflows = append(module.Workflows, dalsegno_workflow_guest.WorkflowDefinition{
			Name:         definition.Name,
			Description:  text(definition.Description),
			InputSchemas: some(definition.InputSchemas, definition.InputSchemas != nil),
		})
	}
	return module
}

// Activate delivers events.
func Activate(given dalsegno_workflow_guest.Activation) wit.Result[wit.Unit, types.Failure] {
	activation := contract.Activation{
		Number:                 given.Number,
		TimeUs:                 given.TimeUs,
		Replaying:              given.Replaying,
		HistoryEvents:          given.HistoryEvents,
		HistoryBytes:           given.HistoryBytes,
		ContinueAsNewSuggested: given.ContinueAsNewSuggested,
		Reasons:                given.Reasons,
		Events:                 make([]contract.Event, 0, len(given.Events)),
	}
	for _, event := range given.Events {
		activation.Events = append(activation.Events, eventOf(event))
	}
	return result(link.Guest.Activate(activation))
}

// ValidateUpdate decides on an update before it is accepted.
func ValidateUpdate(request types.Request) wit.Result[wit.Unit, types.Failure] {
	return result(link.Guest.ValidateUpdate(requestOf(request)))
}

// Query answers a query.
func Query(request types.Request) wit.Result[types.Payload, types.Failure] {
	answer, failure := link.Guest.Query(requestOf(request))
	if failure != nil {
		return wit.Err[types.Payload](fromFailure(failure))
	}
	return wit.Ok[types.Payload, types.Failure](fromPayload(answer))
}

func result(failure contract.Failure) wit.Result[wit.Unit, types.Failure] {
	if failure != nil {
		return wit.Err[wit.Unit](fromFailure(failure))
	}
	return wit.Ok[wit.Unit, types.Failure](wit.Unit{})
}

func eventOf(event dalsegno_workflow_guest.Event) contract.Event {
	switch event.Tag() {
	case dalsegno_workflow_guest.Event_Started:
		start := event.Started()
		started := contract.Started{
			WorkflowType: start.WorkflowType, Input: payloadsOf(start.Input), Headers: namedOf(start.Headers),
		}
		for _, signal := range start.CarriedSignals {
			started.CarriedSignals = append(started.CarriedSignals, requestOf(signal))
		}
		return started
	case dalsegno_workflow_guest.Event_Resumed:
		resumption := event.Resumed()
		resumed := contract.Resumed{Operation: resumption.Operation}
		if resumption.Outcome.Tag() == wit.ResultErr {
			resumed.Failure = failureOf(resumption.Outcome.Err())
		} else {
			resumed.Result = optionalPayloadOf(resumption.Outcome.Ok())
		}
		return resumed
	case dalsegno_workflow_guest.Event_Signalled:
		return contract.Signalled{Request: requestOf(event.Signalled())}
	case dalsegno_workflow_guest.Event_UpdateAccepted:
		return contract.UpdateAccepted{Request: requestOf(event.UpdateAccepted())}
	case dalsegno_workflow_guest.Event_CancelRequested:
		return contract.CancelRequested{Reason: event.CancelRequested()}
	default:
		// Randomness is the host's, and names that a later host may send are ignored.
		return nil
	}
}
