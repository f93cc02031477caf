//! Activations and their events.

use dalsegno_engine::{
    event::WorkflowExecutionStarted,
    guest::{Activation, ContinueAsNewReason, GuestEvent},
};

use super::{failure, payload};
use crate::bindings::guest;

pub(crate) fn to_guest(activation: &Activation) -> guest::Activation {
    let shown = &activation.shown;
    guest::Activation {
        number: activation.number,
        time_us: activation.time.as_micros(),
        replaying: activation.replaying,
        history_events: shown.history_events,
        history_bytes: shown.history_bytes,
        continue_as_new_suggested: !shown.continue_as_new.is_empty(),
        reasons: shown.continue_as_new.iter().copied().map(reason).collect(),
        events: activation.events.iter().map(event).collect(),
    }
}

fn reason(reason: ContinueAsNewReason) -> guest::ContinueAsNewReason {
    match reason {
        ContinueAsNewReason::HistoryEvents => guest::ContinueAsNewReason::HistoryEvents,
        ContinueAsNewReason::HistoryBytes => guest::ContinueAsNewReason::HistoryBytes,
        ContinueAsNewReason::Updates => guest::ContinueAsNewReason::Updates,
    }
}

fn event(event: &GuestEvent) -> guest::Event {
    match event {
        GuestEvent::Started(started) => guest::Event::Started(start(started)),
        GuestEvent::Resumed { operation, outcome } => guest::Event::Resumed(guest::Resumption {
            operation: *operation,
            outcome: match outcome {
                Ok(result) => Ok(result.as_ref().map(payload::to_guest)),
                Err(error) => Err(failure::to_guest(error)),
            },
        }),
        GuestEvent::Signalled(request) => guest::Event::Signalled(payload::request_to_guest(request)),
        GuestEvent::CancelRequested(reason) => guest::Event::CancelRequested(reason.clone()),
        GuestEvent::UpdateAccepted(request) => {
            guest::Event::UpdateAccepted(payload::request_to_guest(request))
        }
    }
}

fn start(started: &WorkflowExecutionStarted) -> guest::Start {
    guest::Start {
        workflow_type: started.workflow_type.to_string(),
        input: payload::list_to_guest(&started.input),
        headers: payload::headers_to_guest(&started.headers),
        seed: started.seed.0.to_vec(),
        carried_signals: started.origin.carried_signals.iter().map(payload::request_to_guest).collect(),
    }
}
