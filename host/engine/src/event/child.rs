//! Children and other runs, as the history tells of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Failure, Headers, Payload,
    failure::{FailureKind, RetryState},
    ids::{Namespace, Operation, RunId, TaskQueue, WorkflowId, WorkflowType},
    retry::RetryPolicy,
    time::Millis,
};

/// A child to start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildInitiated {
    /// The guest's number for its start.
    pub started: Operation,
    /// The guest's number for its end: the next one.
    pub closed: Operation,
    /// Where it runs.
    pub namespace: Namespace,
    /// What it is called.
    pub workflow_id: WorkflowId,
    /// Its first run.
    pub run_id: RunId,
    /// Its code.
    pub workflow_type: WorkflowType,
    /// Where its activities go.
    pub task_queue: TaskQueue,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context from the parent.
    pub headers: Headers,
    /// Of its whole chain.
    pub execution_timeout: Option<Millis>,
    /// Of one run.
    pub run_timeout: Option<Millis>,
    /// How it is tried again; not at all if absent.
    pub retry_policy: Option<RetryPolicy>,
    /// Whether its id may have been used.
    pub id_reuse_policy: IdReusePolicy,
    /// What becomes of it when the parent ends.
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
}

/// What becomes of a child when its parent ends. Source: Temporal, "Parent Close Policy".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParentClosePolicy {
    /// It is terminated.
    #[default]
    Terminate,
    /// It goes on.
    Abandon,
    /// It is asked to cancel.
    RequestCancel,
}

/// What cancelling a child waits for. Source: Temporal, `ChildWorkflowCancellationType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildCancellationType {
    /// Ask, and wait for its end.
    #[default]
    WaitCompleted,
    /// Ask, and count it as cancelled at once.
    TryCancel,
    /// Ask, and wait until it was asked.
    WaitRequested,
    /// Do not ask; count it as cancelled at once.
    Abandon,
}

/// Whether the workflow id of an ended run may be used again. Source: Temporal, `WorkflowIdReusePolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdReusePolicy {
    /// Always.
    #[default]
    Allow,
    /// Unless that run completed.
    FailedOnly,
    /// Never.
    Reject,
}

/// Which module a new run of another run gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModulePolicy {
    /// That of the run before it, if it has the type.
    #[default]
    Inherit,
    /// The one that new runs of the type get.
    Current,
}

/// Why another run could not take what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalFailure {
    /// A run of the workflow id is open.
    WorkflowAlreadyRunning,
    /// A run of the workflow id was there, and the policy forbids another.
    WorkflowIdReused,
    /// No module has the workflow type.
    WorkflowTypeNotFound,
    /// There is no such namespace.
    NamespaceNotFound,
    /// There is no such run.
    WorkflowNotFound,
    /// The run has ended.
    WorkflowClosed,
    /// The run is no child of the sender.
    NotAChild,
    /// The run takes no more signals.
    SignalLimit,
    /// The arguments of the signal do not fit what the run's code declares.
    BadArguments,
    /// The code of the new run cannot be had, or fails at once in a way that stores nothing.
    ModuleUnusable,
}

impl ExternalFailure {
    /// As the workflow's code sees it: an application failure of this type.
    #[must_use]
    pub fn to_failure(self) -> Failure {
        let (r#type, message) = match self {
            Self::WorkflowAlreadyRunning => ("WorkflowAlreadyRunning", "a run of the workflow id is open"),
            Self::WorkflowIdReused => (
                "WorkflowIdReused",
                "the workflow id was used before, and its reuse policy forbids another run",
            ),
            Self::WorkflowTypeNotFound => ("WorkflowTypeNotFound", "no module has the workflow type"),
            Self::NamespaceNotFound => ("NamespaceNotFound", "there is no such namespace"),
            Self::WorkflowNotFound => ("WorkflowNotFound", "there is no such workflow"),
            Self::WorkflowClosed => ("WorkflowClosed", "the workflow has ended"),
            Self::NotAChild => ("NotAChild", "the workflow is no child of this one"),
            Self::SignalLimit => ("SignalLimit", "the workflow takes no more signals"),
            Self::BadArguments => {
                ("BadArguments", "the signal's arguments do not fit what the workflow declares")
            }
            Self::ModuleUnusable => (
                "ModuleUnusable",
                "the module of the workflow cannot be loaded, or its first step not be stored",
            ),
        };
        Failure::non_retryable(r#type, message)
    }
}

impl ChildInitiated {
    /// The child as the outermost cause of a failure.
    #[must_use]
    pub fn failure(&self, message: &str, retry_state: RetryState) -> Failure {
        let kind = FailureKind::ChildWorkflow {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.clone(),
            workflow_type: self.workflow_type.clone(),
            retry_state,
        };
        Failure::new(message, kind)
    }
}

/// A signal to another run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalInitiated {
    /// The guest's number for it.
    pub operation: Operation,
    /// Where the other runs.
    pub namespace: Namespace,
    /// Its workflow.
    pub workflow_id: WorkflowId,
    /// The newest if absent.
    pub run_id: Option<RunId>,
    /// The handler.
    pub signal_name: String,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context.
    pub headers: Headers,
    /// Only if it is a child of this one.
    pub child_only: bool,
}
