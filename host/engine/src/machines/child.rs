//! A child, from being asked for to its end.

use std::sync::Arc;

use crate::{
    Failure, Payload,
    event::{ChildCancellationType as Cancellation, ChildInitiated, EventAttributes as E},
    failure::{FailureKind, RetryState, TimeoutKind},
    ids::RunId,
    machines::Next,
    state::Pending,
};

/// A child that has not ended, as far as the guest knows.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingChild {
    /// What was asked for.
    pub initiated: Arc<ChildInitiated>,
    /// Its first run, once it is there.
    pub run_id: Option<RunId>,
    /// Whether it was asked to cancel, and is waited for.
    pub cancel_requested: bool,
}

impl PendingChild {
    /// The transition table.
    pub(crate) fn next(&self, event: &E) -> Next {
        match event {
            E::ChildWorkflowExecutionStarted { run_id, .. } if self.run_id.is_none() => {
                Next::Pending(Pending::Child(Self { run_id: Some(run_id.clone()), ..self.clone() }))
            }
            E::StartChildWorkflowExecutionFailed { cause, .. } if self.run_id.is_none() => {
                Next::Resolved(Err(self.not_started(cause.to_failure())))
            }
            E::ChildWorkflowExecutionCancelRequested { .. } if !self.cancel_requested => {
                match self.initiated.cancellation_type {
                    Cancellation::WaitCompleted | Cancellation::WaitRequested => {
                        Next::Pending(Pending::Child(Self { cancel_requested: true, ..self.clone() }))
                    }
                    Cancellation::TryCancel | Cancellation::Abandon => Next::Gone,
                }
            }
            E::ExternalWorkflowExecutionCancelRequested { .. }
                if self.cancel_requested
                    && self.initiated.cancellation_type == Cancellation::WaitRequested =>
            {
                Next::Resolved(Err(self.cancelled(Vec::new())))
            }
            E::ChildWorkflowExecutionCompleted { result, .. } => Next::Resolved(Ok(result.clone())),
            E::ChildWorkflowExecutionFailed { failure, retry_state, .. } => {
                let failed = self.initiated.failure("child workflow failed", *retry_state);
                Next::Resolved(Err(failed.caused_by(failure.clone()).bounded()))
            }
            E::ChildWorkflowExecutionCanceled { details, .. } => {
                Next::Resolved(Err(self.cancelled(details.clone())))
            }
            E::ChildWorkflowExecutionTerminated { .. } => {
                let cause = Failure::new("the workflow was terminated", FailureKind::Terminated {});
                let failed =
                    self.initiated.failure("child workflow terminated", RetryState::NonRetryableFailure);
                Next::Resolved(Err(failed.caused_by(cause)))
            }
            E::ChildWorkflowExecutionTimedOut { retry_state, .. } => {
                let kind = TimeoutKind::StartToClose;
                let cause = Failure::timeout(kind, "the workflow exceeded its time limit");
                let failed = self.initiated.failure("child workflow timed out", *retry_state);
                Next::Resolved(Err(failed.caused_by(cause)))
            }
            _ => Next::Impossible,
        }
    }

    /// What starting it came to, for this event.
    pub(crate) fn start_outcome(&self, event: &E) -> Option<Result<Option<Payload>, Failure>> {
        match event {
            E::ChildWorkflowExecutionStarted { run_id, .. } => {
                Some(Ok(Some(Payload::json(format!("\"{run_id}\"")))))
            }
            E::StartChildWorkflowExecutionFailed { cause, .. } => {
                Some(Err(self.not_started(cause.to_failure())))
            }
            _ => None,
        }
    }

    fn not_started(&self, cause: Failure) -> Failure {
        let retry_state = RetryState::NonRetryableFailure;
        self.initiated.failure("child workflow could not be started", retry_state).caused_by(cause)
    }

    fn cancelled(&self, details: Vec<Payload>) -> Failure {
        let cause = Failure::new("child workflow cancelled", FailureKind::Cancelled { details });
        let retry_state = RetryState::CancelRequested;
        self.initiated.failure("child workflow cancelled", retry_state).caused_by(cause)
    }
}
