//! Events: what a history is made of.
//!
//! Names are Temporal's, without its workflow-task events. A field is only ever added, at the end and with
//! a default: the stored form leaves names of fields out.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    Failure, Headers, Payload,
    failure::RetryState,
    ids::{
        ActivityId, ActivityType, EventId, ModuleDigest, Operation, RequestId, RunId, TaskQueue, WorkflowId,
        WorkflowType,
    },
    retry::RetryPolicy,
    seed::Seed,
    time::{Millis, Timestamp},
};

/// One line of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place, from 1, without gaps.
    pub event_id: EventId,
    /// When its transition was made.
    pub time: Timestamp,
    /// The activation that made it, or was shown it; the next one if none was yet.
    pub activation: u64,
    /// What happened.
    pub attributes: EventAttributes,
}

/// How a run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowExecutionStarted {
    /// The code within the module.
    pub workflow_type: WorkflowType,
    /// What the user calls it.
    pub workflow_id: WorkflowId,
    /// Where its activities go unless they say otherwise.
    pub task_queue: TaskQueue,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context from the caller.
    pub headers: Headers,
    /// The code, for as long as the run lives.
    pub module: ModuleDigest,
    /// Of the run's random stream.
    pub seed: Seed,
    /// The rules of the engine that wrote the history.
    pub engine_semantics: u32,
    /// The first run of the chain.
    pub first_run_id: RunId,
    /// Of the workflow's retry policy, from 1.
    pub attempt: u32,
    /// Of the whole chain.
    pub execution_timeout: Option<Millis>,
    /// Of this run.
    pub run_timeout: Option<Millis>,
    /// Before the first activation.
    pub start_delay: Option<Millis>,
    /// The user's notes.
    pub memo: BTreeMap<String, Payload>,
    /// What the run can be found by.
    pub search_attributes: BTreeMap<String, Payload>,
    /// The client's mark on the request.
    pub request_id: Option<RequestId>,
}

/// An activity to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityTaskScheduled {
    /// The guest's number for it.
    pub operation: Operation,
    /// Unique among the pending ones.
    pub activity_id: ActivityId,
    /// Its code.
    pub activity_type: ActivityType,
    /// Where it waits to be run.
    pub task_queue: TaskQueue,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context from the workflow.
    pub headers: Headers,
    /// The whole, with retries.
    pub schedule_to_close: Option<Millis>,
    /// From scheduled to started, of each attempt.
    pub schedule_to_start: Option<Millis>,
    /// One attempt.
    pub start_to_close: Option<Millis>,
    /// The longest silence.
    pub heartbeat: Option<Millis>,
    /// How attempts are repeated.
    pub retry_policy: RetryPolicy,
    /// What cancelling waits for.
    pub cancellation_type: CancellationType,
    /// A line for people.
    pub summary: Option<String>,
}

/// What cancelling an activity waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancellationType {
    /// Ask, and count as cancelled at once.
    #[default]
    TryCancel,
    /// Ask, and wait for the end.
    Wait,
    /// Do not ask; count as cancelled at once.
    Abandon,
}

/// What happened, by type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EventAttributes {
    /// Input: the run begins.
    WorkflowExecutionStarted(Arc<WorkflowExecutionStarted>),
    /// Input: a message from outside.
    WorkflowExecutionSignaled {
        /// The handler.
        signal_name: String,
        /// The arguments.
        input: Vec<Payload>,
        /// Context from the sender.
        headers: Headers,
        /// The client's mark on the request.
        request_id: Option<RequestId>,
    },
    /// Input: cooperative cancelling was asked for.
    WorkflowExecutionCancelRequested {
        /// For people.
        reason: String,
        /// The client's mark on the request.
        request_id: Option<RequestId>,
    },
    /// Input, closes: ended from outside, the guest not asked.
    WorkflowExecutionTerminated {
        /// For people.
        reason: String,
    },
    /// Input, closes: a time limit of the run was exceeded.
    WorkflowExecutionTimedOut {
        /// Always: not tried again.
        retry_state: RetryState,
    },
    /// Command, closes: the result.
    WorkflowExecutionCompleted {
        /// What the workflow returned.
        #[serde(default, deserialize_with = "crate::export::present_or_absent")]
        result: Option<Payload>,
    },
    /// Command, closes: the failure.
    WorkflowExecutionFailed {
        /// What the workflow raised.
        failure: Failure,
        /// Why it is not tried again.
        retry_state: RetryState,
    },
    /// Command, closes: cancelled, as was asked.
    WorkflowExecutionCanceled {
        /// What the workflow gave.
        details: Vec<Payload>,
    },
    /// Command: an activity to run.
    ActivityTaskScheduled(Arc<ActivityTaskScheduled>),
    /// Input: an activity's result.
    ActivityTaskCompleted {
        /// Which.
        operation: Operation,
        /// What it returned.
        #[serde(default, deserialize_with = "crate::export::present_or_absent")]
        result: Option<Payload>,
        /// Attempts made.
        attempt: u32,
    },
    /// Input: an activity's last failure.
    ActivityTaskFailed {
        /// Which.
        operation: Operation,
        /// What its last attempt raised.
        failure: Failure,
        /// Attempts made.
        attempt: u32,
        /// Why there is no further one.
        retry_state: RetryState,
    },
    /// Input: an activity exceeded a time limit.
    ActivityTaskTimedOut {
        /// Which.
        operation: Operation,
        /// The limit, and what came before as its cause.
        failure: Failure,
        /// Attempts made.
        attempt: u32,
        /// Why there is no further one.
        retry_state: RetryState,
    },
    /// Command: the workflow does not want the activity any more.
    ActivityTaskCancelRequested {
        /// Which.
        operation: Operation,
    },
    /// Input: an activity ended because it was cancelled.
    ActivityTaskCanceled {
        /// Which.
        operation: Operation,
        /// What it gave.
        details: Vec<Payload>,
        /// Attempts made.
        attempt: u32,
    },
    /// Command: a timer to wait for.
    TimerStarted {
        /// The guest's number for it.
        operation: Operation,
        /// From the activation's time.
        start_to_fire: Millis,
        /// A line for people.
        summary: Option<String>,
    },
    /// Input: a timer is due.
    TimerFired {
        /// Which.
        operation: Operation,
    },
    /// Command: a timer is not wanted any more.
    TimerCanceled {
        /// Which.
        operation: Operation,
    },
    /// Input: an activation delivered what was accepted before it, and nothing else happened. So every
    /// transition has an event, and the id of its first one is its own.
    ActivationCompleted {},
}

impl EventAttributes {
    /// Its type, as histories show it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::WorkflowExecutionStarted(_) => "WorkflowExecutionStarted",
            Self::WorkflowExecutionSignaled { .. } => "WorkflowExecutionSignaled",
            Self::WorkflowExecutionCancelRequested { .. } => "WorkflowExecutionCancelRequested",
            Self::WorkflowExecutionTerminated { .. } => "WorkflowExecutionTerminated",
            Self::WorkflowExecutionTimedOut { .. } => "WorkflowExecutionTimedOut",
            Self::WorkflowExecutionCompleted { .. } => "WorkflowExecutionCompleted",
            Self::WorkflowExecutionFailed { .. } => "WorkflowExecutionFailed",
            Self::WorkflowExecutionCanceled { .. } => "WorkflowExecutionCanceled",
            Self::ActivityTaskScheduled(_) => "ActivityTaskScheduled",
            Self::ActivityTaskCompleted { .. } => "ActivityTaskCompleted",
            Self::ActivityTaskFailed { .. } => "ActivityTaskFailed",
            Self::ActivityTaskTimedOut { .. } => "ActivityTaskTimedOut",
            Self::ActivityTaskCancelRequested { .. } => "ActivityTaskCancelRequested",
            Self::ActivityTaskCanceled { .. } => "ActivityTaskCanceled",
            Self::TimerStarted { .. } => "TimerStarted",
            Self::TimerFired { .. } => "TimerFired",
            Self::TimerCanceled { .. } => "TimerCanceled",
            Self::ActivationCompleted {} => "ActivationCompleted",
        }
    }

    /// Whether the guest asked for it; else it came to the guest, or past it.
    #[must_use]
    pub fn is_command(&self) -> bool {
        matches!(
            self,
            Self::WorkflowExecutionCompleted { .. }
                | Self::WorkflowExecutionFailed { .. }
                | Self::WorkflowExecutionCanceled { .. }
                | Self::ActivityTaskScheduled(_)
                | Self::ActivityTaskCancelRequested { .. }
                | Self::TimerStarted { .. }
                | Self::TimerCanceled { .. }
        )
    }
}
