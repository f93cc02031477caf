//! What a guest gives with a call, and how a call fails.

use std::collections::BTreeMap;

use crate::{
    Headers, Payload,
    event::{CancellationType, ChildCancellationType, IdReusePolicy, ModulePolicy, ParentClosePolicy},
    guest::Request,
    retry::RetryPolicy,
    time::Millis,
};

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
    /// Present if it runs beside the workflow, in no queue: a longer backoff than this is waited for in the store.
    pub local_retry_threshold: Option<Millis>,
}

/// What a guest asks of a child. Defaults are told at [`crate::event::ChildInitiated`].
#[derive(Debug, Clone, Default)]
pub struct StartChild {
    /// Its code.
    pub workflow_type: String,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Made from the run's id and the operation's number if absent.
    pub workflow_id: Option<String>,
    /// The run's own if absent.
    pub namespace: Option<String>,
    /// The run's own if absent.
    pub task_queue: Option<String>,
    /// Of its whole chain.
    pub execution_timeout: Option<Millis>,
    /// Of one run.
    pub run_timeout: Option<Millis>,
    /// How it is tried again; not at all if absent.
    pub retry_policy: Option<RetryPolicy>,
    /// Whether its id may have been used.
    pub id_reuse_policy: IdReusePolicy,
    /// What becomes of it when the run ends.
    pub parent_close_policy: ParentClosePolicy,
    /// What cancelling it waits for.
    pub cancellation_type: ChildCancellationType,
    /// Where its code comes from.
    pub module_policy: ModulePolicy,
    /// The user's notes.
    pub memo: BTreeMap<String, Payload>,
    /// What it can be found by.
    pub search_attributes: BTreeMap<String, Payload>,
    /// A line for people.
    pub summary: Option<String>,
    /// Context.
    pub headers: Headers,
}

/// What a guest asks of the run that follows. What is absent is taken from the present run.
#[derive(Debug, Clone, Default)]
pub struct ContinueAsNew {
    /// The arguments.
    pub input: Vec<Payload>,
    /// Its code.
    pub workflow_type: Option<String>,
    /// Where its activities go.
    pub task_queue: Option<String>,
    /// Of one run.
    pub run_timeout: Option<Millis>,
    /// How it is tried again.
    pub retry_policy: Option<RetryPolicy>,
    /// All of the user's notes.
    pub memo: Option<BTreeMap<String, Payload>>,
    /// All of what it can be found by.
    pub search_attributes: Option<BTreeMap<String, Payload>>,
    /// Where its code comes from.
    pub module_policy: ModulePolicy,
    /// Signals it receives first.
    pub carried_signals: Vec<Request>,
    /// Context.
    pub headers: Headers,
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
