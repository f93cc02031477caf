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
        ActivityId, ActivityType, DEFAULT_NAMESPACE, EventId, ModuleDigest, Namespace, Operation, RequestId,
        RunId, TaskQueue, WorkflowId, WorkflowType,
    },
    message::RunIdentity,
    retry::RetryPolicy,
    seed::Seed,
    time::{Millis, Timestamp},
};

mod chain;
mod child;

pub use chain::{ContinuedAsNew, Marker, Origin, Parent};
pub use child::{
    ChildCancellationType, ChildInitiated, ExternalFailure, IdReusePolicy, ModulePolicy, ParentClosePolicy,
    SignalInitiated,
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
    /// Where it runs.
    #[serde(default = "default_namespace")]
    pub namespace: Namespace,
    /// How it is tried again when it fails; not at all if absent.
    #[serde(default)]
    pub retry_policy: Option<RetryPolicy>,
    /// What it has from another run.
    #[serde(default)]
    pub origin: Origin,
}

fn default_namespace() -> Namespace {
    Namespace::new(DEFAULT_NAMESPACE)
}

impl WorkflowExecutionStarted {
    /// The run itself.
    #[must_use]
    pub fn run_id(&self) -> &RunId {
        self.origin.run_id.as_ref().unwrap_or(&self.first_run_id)
    }

    /// The run, as others know it.
    #[must_use]
    pub fn identity(&self) -> RunIdentity {
        RunIdentity {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id().clone(),
        }
    }
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
    /// Present if it runs beside the workflow, in no queue: a longer backoff than this is waited for in the store.
    #[serde(default)]
    pub local_retry_threshold: Option<Millis>,
}

impl ActivityTaskScheduled {
    /// Whether it runs beside the workflow, in no queue.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local_retry_threshold.is_some()
    }

    /// Whether its first attempt is to be known to the store before it begins. One beside the workflow begins before
    /// it is known at all.
    pub(crate) fn needs_first_grant(&self) -> bool {
        self.retry_policy.maximum_attempts == 1 && !self.is_local()
    }
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
        /// Why it is not tried again.
        retry_state: RetryState,
        /// The run that tries again.
        #[serde(default)]
        new_run_id: Option<RunId>,
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
        /// The run that tries again.
        #[serde(default)]
        new_run_id: Option<RunId>,
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
    /// Command, closes: it goes on in another run.
    WorkflowExecutionContinuedAsNew(Arc<ContinuedAsNew>),
    /// Input: an update that its validator let pass.
    WorkflowExecutionUpdateAccepted {
        /// The client's name for it.
        update_id: String,
        /// The handler.
        name: String,
        /// The arguments.
        input: Vec<Payload>,
        /// Context from the caller.
        headers: Headers,
    },
    /// Command: what an update came to.
    WorkflowExecutionUpdateCompleted {
        /// Which.
        update_id: String,
        /// Its result, or why there is none.
        outcome: UpdateOutcome,
    },
    /// Command: a child to start.
    StartChildWorkflowExecutionInitiated(Arc<ChildInitiated>),
    /// Input: a child could not be started.
    StartChildWorkflowExecutionFailed {
        /// Its `closed` operation.
        operation: Operation,
        /// Why.
        cause: ExternalFailure,
    },
    /// Input: a child has begun.
    ChildWorkflowExecutionStarted {
        /// Its `closed` operation.
        operation: Operation,
        /// Its first run.
        run_id: RunId,
    },
    /// Command: the workflow does not want a child any more. Ours: Temporal has the event of other runs here.
    ChildWorkflowExecutionCancelRequested {
        /// Its `closed` operation.
        operation: Operation,
        /// For people.
        reason: String,
    },
    /// Input: a child's result.
    ChildWorkflowExecutionCompleted {
        /// Its `closed` operation.
        operation: Operation,
        /// The run that ended.
        run_id: RunId,
        /// What it returned.
        #[serde(default, deserialize_with = "crate::export::present_or_absent")]
        result: Option<Payload>,
    },
    /// Input: a child's failure.
    ChildWorkflowExecutionFailed {
        /// Its `closed` operation.
        operation: Operation,
        /// The run that ended.
        run_id: RunId,
        /// What it raised.
        failure: Failure,
        /// Why it was not tried again.
        retry_state: RetryState,
    },
    /// Input: a child was cancelled.
    ChildWorkflowExecutionCanceled {
        /// Its `closed` operation.
        operation: Operation,
        /// The run that ended.
        run_id: RunId,
        /// What it gave.
        details: Vec<Payload>,
    },
    /// Input: a child was ended from outside.
    ChildWorkflowExecutionTerminated {
        /// Its `closed` operation.
        operation: Operation,
        /// The run that ended.
        run_id: RunId,
    },
    /// Input: a child exceeded a time limit.
    ChildWorkflowExecutionTimedOut {
        /// Its `closed` operation.
        operation: Operation,
        /// The run that ended.
        run_id: RunId,
        /// Why it was not tried again.
        retry_state: RetryState,
    },
    /// Command: a signal to another run.
    SignalExternalWorkflowExecutionInitiated(Arc<SignalInitiated>),
    /// Input: the other run could not take the signal.
    SignalExternalWorkflowExecutionFailed {
        /// Which signal.
        operation: Operation,
        /// Why.
        cause: ExternalFailure,
    },
    /// Input: the signal is in the other run's history.
    ExternalWorkflowExecutionSignaled {
        /// Which signal.
        operation: Operation,
    },
    /// Command: a request to another run to cancel.
    RequestCancelExternalWorkflowExecutionInitiated {
        /// The guest's number for it.
        operation: Operation,
        /// Where the other runs.
        namespace: Namespace,
        /// Its workflow.
        workflow_id: WorkflowId,
        /// The newest if absent.
        run_id: Option<RunId>,
        /// For people.
        reason: String,
    },
    /// Input: the other run could not take the request.
    RequestCancelExternalWorkflowExecutionFailed {
        /// Which request; for a child its `closed` operation.
        operation: Operation,
        /// Why.
        cause: ExternalFailure,
    },
    /// Input: the request is in the other run's history.
    ExternalWorkflowExecutionCancelRequested {
        /// Which request; for a child its `closed` operation.
        operation: Operation,
    },
    /// Command: which way the run went where the code was changed.
    MarkerRecorded {
        /// The change, and the way.
        marker: Marker,
    },
    /// Command: changed search attributes.
    UpsertWorkflowSearchAttributes {
        /// Those that change; absent values are removed.
        search_attributes: BTreeMap<String, Option<Payload>>,
    },
    /// Command: changed notes.
    WorkflowPropertiesModified {
        /// Those that change; absent values are removed.
        upserted_memo: BTreeMap<String, Option<Payload>>,
    },
}

/// What an update came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateOutcome {
    /// A result.
    Completed(Payload),
    /// The handler's failure.
    Failed(Failure),
}

impl EventAttributes {
    /// Whether a replay that gives `other` does the same again.
    ///
    /// Stack traces may differ: they name lines of code, which move whenever code above them is changed.
    pub(crate) fn is_repeated_by(&self, other: &Self) -> bool {
        self == other
            || match (self, other) {
                (
                    Self::WorkflowExecutionFailed { failure: ours, retry_state, new_run_id },
                    Self::WorkflowExecutionFailed { failure, retry_state: state, new_run_id: new },
                ) => ours.is_repeated_by(failure) && retry_state == state && new_run_id == new,
                (
                    Self::WorkflowExecutionUpdateCompleted {
                        update_id,
                        outcome: UpdateOutcome::Failed(ours),
                    },
                    Self::WorkflowExecutionUpdateCompleted {
                        update_id: id,
                        outcome: UpdateOutcome::Failed(failure),
                    },
                ) => ours.is_repeated_by(failure) && update_id == id,
                _ => false,
            }
    }

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
            Self::WorkflowExecutionContinuedAsNew(_) => "WorkflowExecutionContinuedAsNew",
            Self::WorkflowExecutionUpdateAccepted { .. } => "WorkflowExecutionUpdateAccepted",
            Self::WorkflowExecutionUpdateCompleted { .. } => "WorkflowExecutionUpdateCompleted",
            Self::StartChildWorkflowExecutionInitiated(_) => "StartChildWorkflowExecutionInitiated",
            Self::StartChildWorkflowExecutionFailed { .. } => "StartChildWorkflowExecutionFailed",
            Self::ChildWorkflowExecutionStarted { .. } => "ChildWorkflowExecutionStarted",
            Self::ChildWorkflowExecutionCancelRequested { .. } => "ChildWorkflowExecutionCancelRequested",
            Self::ChildWorkflowExecutionCompleted { .. } => "ChildWorkflowExecutionCompleted",
            Self::ChildWorkflowExecutionFailed { .. } => "ChildWorkflowExecutionFailed",
            Self::ChildWorkflowExecutionCanceled { .. } => "ChildWorkflowExecutionCanceled",
            Self::ChildWorkflowExecutionTerminated { .. } => "ChildWorkflowExecutionTerminated",
            Self::ChildWorkflowExecutionTimedOut { .. } => "ChildWorkflowExecutionTimedOut",
            Self::SignalExternalWorkflowExecutionInitiated(_) => "SignalExternalWorkflowExecutionInitiated",
            Self::SignalExternalWorkflowExecutionFailed { .. } => "SignalExternalWorkflowExecutionFailed",
            Self::ExternalWorkflowExecutionSignaled { .. } => "ExternalWorkflowExecutionSignaled",
            Self::RequestCancelExternalWorkflowExecutionInitiated { .. } => {
                "RequestCancelExternalWorkflowExecutionInitiated"
            }
            Self::RequestCancelExternalWorkflowExecutionFailed { .. } => {
                "RequestCancelExternalWorkflowExecutionFailed"
            }
            Self::ExternalWorkflowExecutionCancelRequested { .. } => {
                "ExternalWorkflowExecutionCancelRequested"
            }
            Self::MarkerRecorded { .. } => "MarkerRecorded",
            Self::UpsertWorkflowSearchAttributes { .. } => "UpsertWorkflowSearchAttributes",
            Self::WorkflowPropertiesModified { .. } => "WorkflowPropertiesModified",
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
                | Self::WorkflowExecutionContinuedAsNew(_)
                | Self::WorkflowExecutionUpdateCompleted { .. }
                | Self::StartChildWorkflowExecutionInitiated(_)
                | Self::ChildWorkflowExecutionCancelRequested { .. }
                | Self::SignalExternalWorkflowExecutionInitiated(_)
                | Self::RequestCancelExternalWorkflowExecutionInitiated { .. }
                | Self::MarkerRecorded { .. }
                | Self::UpsertWorkflowSearchAttributes { .. }
                | Self::WorkflowPropertiesModified { .. }
        )
    }
}

impl UpdateOutcome {
    /// The stored form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).expect("writing to memory does not fail, and outcomes have known lengths")
    }

    /// From the stored form.
    ///
    /// # Errors
    /// What is wrong with it: damaged, or of a newer host.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        rmp_serde::from_slice(bytes).map_err(|error| format!("a stored outcome cannot be read: {error}"))
    }
}
