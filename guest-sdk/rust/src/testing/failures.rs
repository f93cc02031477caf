//! Failures as the HTTP interface writes them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    Failure, Payload,
    bindings::dalsegno::workflow::types::{
        self as contract, ActivityFailure, ApplicationFailure, Cause, CauseKind, ChildWorkflowFailure,
        RetryState, TimeoutFailure, TimeoutKind,
    },
};

/// Reads a chain of causes.
pub(super) fn read(failure: &Value) -> Failure {
    let mut causes = Vec::new();
    let mut next = Some(failure);
    while let Some(failure) = next {
        causes.push(Cause {
            message: text(failure, "message"),
            stack_trace: text(failure, "stack_trace"),
            kind: kind(&failure["kind"]),
        });
        next = failure.get("cause").filter(|cause| cause.is_object());
    }
    Failure::from_contract(contract::Failure { causes })
}

fn kind(kind: &Value) -> CauseKind {
    let named = kind.as_object().and_then(|kind| kind.iter().next());
    let Some((name, of)) = named else { return CauseKind::Server };
    match name.as_str() {
        "application" => CauseKind::Application(ApplicationFailure {
            type_: text(of, "type"),
            non_retryable: of["non_retryable"] == true,
            details: payloads(&of["details"]),
            next_retry_delay_ms: None,
        }),
        "cancelled" => CauseKind::Cancelled(payloads(&of["details"])),
        "terminated" => CauseKind::Terminated,
        "timeout" => CauseKind::Timeout(TimeoutFailure {
            kind: timeout_kind(&of["kind"]),
            last_heartbeat_details: payloads(&of["last_heartbeat_details"]),
        }),
        "activity" => CauseKind::Activity(ActivityFailure {
            activity_type: text(of, "activity_type"),
            activity_id: text(of, "activity_id"),
            attempts: of["attempts"].as_u64().and_then(|attempts| attempts.try_into().ok()).unwrap_or(0),
            retry_state: retry_state(&of["retry_state"]),
        }),
        "child_workflow" => CauseKind::ChildWorkflow(ChildWorkflowFailure {
            namespace: text(of, "namespace"),
            workflow_id: text(of, "workflow_id"),
            run_id: text(of, "run_id"),
            workflow_type: text(of, "workflow_type"),
            retry_state: retry_state(&of["retry_state"]),
        }),
        _ => CauseKind::Server,
    }
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

/// Values that are not JSON are left as the interface writes them.
fn payloads(values: &Value) -> Vec<Payload> {
    let values = values.as_array().into_iter().flatten();
    values.map(|value| Payload::from_json_text(value.to_string())).collect()
}

fn timeout_kind(kind: &Value) -> TimeoutKind {
    match kind.as_str() {
        Some("schedule_to_start") => TimeoutKind::ScheduleToStart,
        Some("schedule_to_close") => TimeoutKind::ScheduleToClose,
        Some("heartbeat") => TimeoutKind::Heartbeat,
        _ => TimeoutKind::StartToClose,
    }
}

fn retry_state(state: &Value) -> RetryState {
    match state.as_str() {
        Some("in_progress") => RetryState::InProgress,
        Some("non_retryable_failure") => RetryState::NonRetryableFailure,
        Some("timeout") => RetryState::Timeout,
        Some("maximum_attempts_reached") => RetryState::MaximumAttemptsReached,
        Some("cancel_requested") => RetryState::CancelRequested,
        Some("internal_server_error") => RetryState::InternalServerError,
        _ => RetryState::RetryPolicyNotSet,
    }
}

/// A failure of an activity, as whoever makes it elsewhere writes it.
pub(super) fn written(failure: &Failure) -> Value {
    let links = failure.causes().iter().rev();
    links.fold(Value::Null, |cause, link| {
        let mut written = json!({"message": link.message, "stack_trace": link.stack_trace, "cause": cause});
        if let CauseKind::Application(application) = &link.kind {
            let details = application.details.iter().filter_map(|detail| detail.decode().ok());
            written["type"] = application.type_.as_str().into();
            written["non_retryable"] = application.non_retryable.into();
            written["details"] = details.collect::<Vec<Value>>().into();
            let delay = application.next_retry_delay_ms.map(|delay| duration(Duration::from_millis(delay)));
            written["next_retry_delay"] = delay.into();
        }
        written
    })
}

/// A duration as the interface reads it.
pub(super) fn duration(duration: Duration) -> String {
    format!("{}ms", crate::duration::milliseconds(duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_read_with_its_kinds() {
        let failure = read(&json!({
            "message": "activity failed", "stack_trace": "",
            "kind": {"activity": {"activity_type": "charge", "activity_id": "1", "attempts": 2,
                "retry_state": "non_retryable_failure"}},
            "cause": {"message": "no money", "stack_trace": "",
                "kind": {"application": {"type": "Declined", "non_retryable": true, "details": [7],
                    "next_retry_delay": null}}, "cause": null},
        }));
        assert_eq!(failure.application_type(), Some("Declined"));
        assert_eq!(failure.application_detail::<u8>(0), Some(7));
        let CauseKind::Activity(activity) = &failure.causes()[0].kind else { panic!("{failure}") };
        assert_eq!((activity.attempts, activity.retry_state), (2, RetryState::NonRetryableFailure));
    }

    #[test]
    fn a_failure_is_written_with_its_causes() {
        let failure = Failure::application("Declined", "no money")
            .non_retryable()
            .detail(&7)
            .next_retry_delay(Duration::from_secs(2))
            .caused_by(Failure::application("Limit", "it is reached"));
        let written = written(&failure);
        assert_eq!(written["type"], "Declined");
        assert_eq!(written["details"], json!([7]));
        assert_eq!(written["next_retry_delay"], "2000ms");
        assert_eq!(written["cause"]["type"], "Limit");
    }
}
