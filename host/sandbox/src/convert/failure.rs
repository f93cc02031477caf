//! Failures: nested in the engine, a list of causes in the contract.

use dalsegno_engine::{
    Failure,
    failure::{FAILURE_CAUSES_MAX, FailureKind, RetryState, TimeoutKind},
    ids::{ActivityId, ActivityType, Namespace, RunId, WorkflowId, WorkflowType},
    time::Millis,
};

use super::payload;
use crate::bindings::types;

/// The outermost first; what is past the longest chain is left out.
pub(crate) fn to_guest(failure: &Failure) -> types::Failure {
    let chain = std::iter::successors(Some(failure), |failure| failure.cause.as_deref());
    types::Failure { causes: chain.take(FAILURE_CAUSES_MAX).map(cause_to_guest).collect() }
}

fn cause_to_guest(failure: &Failure) -> types::Cause {
    types::Cause {
        message: failure.message.clone(),
        stack_trace: failure.stack_trace.clone(),
        kind: kind_to_guest(&failure.kind),
    }
}

fn kind_to_guest(kind: &FailureKind) -> types::CauseKind {
    match kind {
        FailureKind::Application { r#type, non_retryable, details, next_retry_delay } => {
            types::CauseKind::Application(types::ApplicationFailure {
                type_: r#type.clone(),
                non_retryable: *non_retryable,
                details: payload::list_to_guest(details),
                next_retry_delay_ms: next_retry_delay.map(|delay| delay.0),
            })
        }
        FailureKind::Cancelled { details } => types::CauseKind::Cancelled(payload::list_to_guest(details)),
        FailureKind::Terminated {} => types::CauseKind::Terminated,
        FailureKind::Timeout { kind, last_heartbeat_details } => {
            types::CauseKind::Timeout(types::TimeoutFailure {
                kind: timeout_to_guest(*kind),
                last_heartbeat_details: payload::list_to_guest(last_heartbeat_details),
            })
        }
        FailureKind::Activity { activity_type, activity_id, attempts, retry_state } => {
            types::CauseKind::Activity(types::ActivityFailure {
                activity_type: activity_type.to_string(),
                activity_id: activity_id.to_string(),
                attempts: *attempts,
                retry_state: retry_state_to_guest(*retry_state),
            })
        }
        FailureKind::ChildWorkflow { namespace, workflow_id, run_id, workflow_type, retry_state } => {
            types::CauseKind::ChildWorkflow(types::ChildWorkflowFailure {
                namespace: namespace.to_string(),
                workflow_id: workflow_id.to_string(),
                run_id: run_id.to_string(),
                workflow_type: workflow_type.to_string(),
                retry_state: retry_state_to_guest(*retry_state),
            })
        }
        FailureKind::Server {} => types::CauseKind::Server,
    }
}

/// # Errors
/// What is wrong with it, for people.
pub(crate) fn from_guest(failure: types::Failure) -> Result<Failure, String> {
    let mut causes = failure.causes;
    causes.truncate(FAILURE_CAUSES_MAX);
    let mut nested = None;
    for cause in causes.into_iter().rev() {
        nested = Some(Failure {
            message: cause.message,
            stack_trace: cause.stack_trace,
            kind: kind_from_guest(cause.kind)?,
            cause: nested.map(Box::new),
        });
    }
    nested.ok_or_else(|| "a failure needs one cause at least".to_owned())
}

fn kind_from_guest(kind: types::CauseKind) -> Result<FailureKind, String> {
    Ok(match kind {
        types::CauseKind::Application(application) => FailureKind::Application {
            r#type: application.type_,
            non_retryable: application.non_retryable,
            details: payload::list_from_guest(application.details),
            next_retry_delay: application.next_retry_delay_ms.map(Millis),
        },
        types::CauseKind::Cancelled(details) => {
            FailureKind::Cancelled { details: payload::list_from_guest(details) }
        }
        types::CauseKind::Terminated => FailureKind::Terminated {},
        types::CauseKind::Timeout(timeout) => FailureKind::Timeout {
            kind: timeout_from_guest(timeout.kind),
            last_heartbeat_details: payload::list_from_guest(timeout.last_heartbeat_details),
        },
        types::CauseKind::Activity(activity) => FailureKind::Activity {
            activity_type: ActivityType::parse(activity.activity_type)
                .map_err(|error| format!("the activity type of a failure {error}"))?,
            activity_id: ActivityId::parse(activity.activity_id)
                .map_err(|error| format!("the activity id of a failure {error}"))?,
            attempts: activity.attempts,
            retry_state: retry_state_from_guest(activity.retry_state),
        },
        types::CauseKind::ChildWorkflow(child) => FailureKind::ChildWorkflow {
            namespace: Namespace::parse(child.namespace)
                .map_err(|error| format!("the namespace of a failure {error}"))?,
            workflow_id: WorkflowId::parse(child.workflow_id)
                .map_err(|error| format!("the workflow id of a failure {error}"))?,
            run_id: RunId::parse(child.run_id).map_err(|error| format!("the run id of a failure {error}"))?,
            workflow_type: WorkflowType::parse(child.workflow_type)
                .map_err(|error| format!("the workflow type of a failure {error}"))?,
            retry_state: retry_state_from_guest(child.retry_state),
        },
        types::CauseKind::Server => FailureKind::Server {},
    })
}

/// Two enums of the same cases, mapped both ways.
macro_rules! same_cases {
    ($to:ident, $from:ident, $ours:ident, $theirs:path, [$($case:ident),*]) => {
        fn $to(value: $ours) -> $theirs {
            match value { $($ours::$case => <$theirs>::$case),* }
        }

        fn $from(value: $theirs) -> $ours {
            match value { $(<$theirs>::$case => $ours::$case),* }
        }
    };
}

same_cases!(
    timeout_to_guest,
    timeout_from_guest,
    TimeoutKind,
    types::TimeoutKind,
    [StartToClose, ScheduleToStart, ScheduleToClose, Heartbeat]
);
same_cases!(
    retry_state_to_guest,
    retry_state_from_guest,
    RetryState,
    types::RetryState,
    [
        InProgress,
        NonRetryableFailure,
        Timeout,
        MaximumAttemptsReached,
        RetryPolicyNotSet,
        InternalServerError,
        CancelRequested
    ]
);
