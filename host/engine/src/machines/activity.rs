//! An activity, from scheduled to its outcome.

use std::sync::Arc;

use crate::{
    Failure, Payload,
    event::{ActivityTaskScheduled, CancellationType, EventAttributes as E},
    failure::{FailureKind, RetryState},
    machines::Next,
    state::Pending,
    time::Timestamp,
};

/// An activity without an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingActivity {
    /// What was asked for.
    pub scheduled: Arc<ActivityTaskScheduled>,
    /// When.
    pub scheduled_at: Timestamp,
    /// Whether it was asked to stop, and is waited for.
    pub cancel_requested: bool,
}

impl PendingActivity {
    /// When the whole expires.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.scheduled.schedule_to_close.map(|limit| self.scheduled_at.plus(limit))
    }

    /// The transition table.
    pub(crate) fn next(&self, event: &E) -> Next {
        let waits = self.scheduled.cancellation_type == CancellationType::Wait;
        match (self.cancel_requested, event) {
            (false, E::ActivityTaskCancelRequested { .. }) if waits => {
                Next::Pending(Pending::Activity(Self { cancel_requested: true, ..self.clone() }))
            }
            (false, E::ActivityTaskCancelRequested { .. }) => Next::Gone,
            (_, E::ActivityTaskCompleted { result, .. }) => Next::Resolved(Ok(result.clone())),
            (
                _,
                E::ActivityTaskFailed { failure, attempt, retry_state, .. }
                | E::ActivityTaskTimedOut { failure, attempt, retry_state, .. },
            ) => Next::Resolved(Err(self.failed(failure, *attempt, *retry_state))),
            (_, E::ActivityTaskCanceled { details, attempt, .. }) => {
                Next::Resolved(Err(self.cancelled(details, *attempt)))
            }
            _ => Next::Impossible,
        }
    }

    fn failed(&self, cause: &Failure, attempts: u32, retry_state: RetryState) -> Failure {
        let message = match cause.kind {
            FailureKind::Timeout { .. } => "activity timed out",
            _ => "activity failed",
        };
        Failure::new(message, self.kind(attempts, retry_state)).caused_by(cause.clone())
    }

    fn cancelled(&self, details: &[Payload], attempts: u32) -> Failure {
        let cause = Failure::new("activity cancelled", FailureKind::Cancelled { details: details.to_vec() });
        Failure::new("activity cancelled", self.kind(attempts, RetryState::CancelRequested)).caused_by(cause)
    }

    fn kind(&self, attempts: u32, retry_state: RetryState) -> FailureKind {
        FailureKind::Activity {
            activity_type: self.scheduled.activity_type.clone(),
            activity_id: self.scheduled.activity_id.clone(),
            attempts,
            retry_state,
        }
    }
}
