//! Failures, as chains of causes.

use serde::{Deserialize, Serialize};

use crate::{
    Payload,
    ids::{ActivityId, ActivityType, Namespace, RunId, WorkflowId, WorkflowType},
    time::Millis,
};

/// The longest chain of causes that is kept.
pub const FAILURE_CAUSES_MAX: usize = 32;

/// Why something failed, with what caused it.
///
/// Source: Temporal, `temporal.api.failure.v1.Failure`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// One line for people.
    pub message: String,
    /// As the language prints it; empty if unknown.
    pub stack_trace: String,
    /// What failed.
    pub kind: FailureKind,
    /// What made it fail.
    pub cause: Option<Box<Failure>>,
}

/// What failed, with its own particulars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Raised by user code.
    Application {
        /// What retry policies match.
        r#type: String,
        /// Never tried again.
        non_retryable: bool,
        /// The user's own values.
        details: Vec<Payload>,
        /// Overrides the backoff.
        next_retry_delay: Option<Millis>,
    },
    /// Cancelled, with details.
    Cancelled {
        /// What the cancelled side gave.
        details: Vec<Payload>,
    },
    /// Terminated from outside.
    Terminated {},
    /// A time limit was exceeded.
    Timeout {
        /// Which.
        kind: TimeoutKind,
        /// Of the last heartbeat.
        last_heartbeat_details: Vec<Payload>,
    },
    /// An activity came to its end without a result.
    Activity {
        /// Its code.
        activity_type: ActivityType,
        /// Its id in the run.
        activity_id: ActivityId,
        /// How many attempts were made.
        attempts: u32,
        /// Why there was no further one.
        retry_state: RetryState,
    },
    /// A child came to its end without a result.
    ChildWorkflow {
        /// Where it ran.
        namespace: Namespace,
        /// Its workflow id.
        workflow_id: WorkflowId,
        /// Its run.
        run_id: RunId,
        /// Its code.
        workflow_type: WorkflowType,
        /// Why there was no further attempt.
        retry_state: RetryState,
    },
    /// The host itself failed.
    Server {},
}

/// Which time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeoutKind {
    /// Of one attempt.
    StartToClose,
    /// Of waiting to be started.
    ScheduleToStart,
    /// Of the whole, with retries.
    ScheduleToClose,
    /// Of silence.
    Heartbeat,
}

/// Why there was no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryState {
    /// There may be one.
    InProgress,
    /// The failure forbids it.
    NonRetryableFailure,
    /// It would start too late.
    Timeout,
    /// The policy's number is used up.
    MaximumAttemptsReached,
    /// There is no policy.
    #[default]
    RetryPolicyNotSet,
    /// The host failed.
    InternalServerError,
    /// Cancelling was asked for.
    CancelRequested,
}

impl Failure {
    /// A failure without cause.
    #[must_use]
    pub fn new(message: impl Into<String>, kind: FailureKind) -> Self {
        Self { message: message.into(), stack_trace: String::new(), kind, cause: None }
    }

    /// Whether it is the same failure, but for its stack traces.
    pub(crate) fn is_repeated_by(&self, other: &Self) -> bool {
        let causes = (self.cause.as_deref(), other.cause.as_deref());
        self.message == other.message
            && self.kind == other.kind
            && match causes {
                (Some(ours), Some(theirs)) => ours.is_repeated_by(theirs),
                (ours, theirs) => ours.is_none() && theirs.is_none(),
            }
    }

    /// A retryable application failure.
    #[must_use]
    pub fn application(r#type: impl Into<String>, message: impl Into<String>) -> Self {
        let kind = FailureKind::Application {
            r#type: r#type.into(),
            non_retryable: false,
            details: Vec::new(),
            next_retry_delay: None,
        };
        Self::new(message, kind)
    }

    /// An application failure that no policy tries again.
    #[must_use]
    pub fn non_retryable(r#type: impl Into<String>, message: impl Into<String>) -> Self {
        let kind = FailureKind::Application {
            r#type: r#type.into(),
            non_retryable: true,
            details: Vec::new(),
            next_retry_delay: None,
        };
        Self::new(message, kind)
    }

    /// A cancellation.
    #[must_use]
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self::new(message, FailureKind::Cancelled { details: Vec::new() })
    }

    /// An exceeded time limit.
    #[must_use]
    pub fn timeout(kind: TimeoutKind, message: impl Into<String>) -> Self {
        Self::new(message, FailureKind::Timeout { kind, last_heartbeat_details: Vec::new() })
    }

    /// Without the causes past [`FAILURE_CAUSES_MAX`].
    #[must_use]
    pub(crate) fn bounded(mut self) -> Self {
        let mut last = &mut self;
        for _ in 2..FAILURE_CAUSES_MAX {
            match last.cause.as_deref_mut() {
                Some(cause) => last = cause,
                None => return self,
            }
        }
        last.cause = last.cause.take().map(|cause| Box::new(Self { cause: None, ..*cause }));
        self
    }

    /// Text in it and its causes.
    pub(crate) fn text_bytes(&self) -> usize {
        let causes = std::iter::successors(Some(self), |failure| failure.cause.as_deref());
        let own = |failure: &Self| match &failure.kind {
            FailureKind::Application { r#type, .. } => r#type.len(),
            _ => 0,
        };
        causes.map(|failure| failure.message.len() + failure.stack_trace.len() + own(failure)).sum()
    }

    /// This failure, caused by `cause`.
    #[must_use]
    pub fn caused_by(mut self, cause: Failure) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }
}
