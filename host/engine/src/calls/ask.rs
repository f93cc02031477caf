//! What a guest gives with a call, and how a call fails.

use crate::{Headers, Payload, event::CancellationType, retry::RetryPolicy, time::Millis};

/// What a guest asks of an activity.
#[derive(Debug, Clone)]
pub struct ScheduleActivity {
    /// Its code.
    pub activity_type: String,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Unique among the pending ones; the operation's number if absent.
    pub activity_id: Option<String>,
    /// The run's own if absent.
    pub task_queue: Option<String>,
    /// Context from the workflow.
    pub headers: Headers,
    /// The whole, with retries.
    pub schedule_to_close: Option<Millis>,
    /// From scheduled to started.
    pub schedule_to_start: Option<Millis>,
    /// One attempt.
    pub start_to_close: Option<Millis>,
    /// The longest silence.
    pub heartbeat: Option<Millis>,
    /// The default policy if absent.
    pub retry_policy: Option<RetryPolicy>,
    /// What cancelling waits for.
    pub cancellation_type: CancellationType,
    /// A line for people.
    pub summary: Option<String>,
}

/// Why a call ends the activation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The arguments are wrong, or the call does not fit the moment.
    #[error("{0}")]
    Invalid(String),
    /// Too much of something.
    #[error("{0}")]
    Limit(String),
    /// The history says otherwise; [`crate::Calls::divergence`] tells what.
    #[error("the workflow did not repeat its history")]
    Diverged,
    /// Queries and validators change nothing.
    #[error("a query or a validator cannot change the run: it called `{0}`")]
    ReadOnly(&'static str),
}
