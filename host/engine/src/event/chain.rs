//! What passes from one run of a chain to the next, and what a run notes of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ModulePolicy;
use crate::{
    Failure, Headers, Payload,
    guest::Request,
    ids::{Operation, RequestId, RunId, TaskQueue, WorkflowType},
    message::RunIdentity,
    retry::RetryPolicy,
    time::{Millis, Timestamp},
};

/// What a run has from elsewhere: from the run before it in its chain, or from its parent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// This run, if it is not the first of its chain.
    pub run_id: Option<RunId>,
    /// The run before it.
    pub continued_run_id: Option<RunId>,
    /// Who started it, and by which operation.
    pub parent: Option<Parent>,
    /// The top of the tree of parents.
    pub root: Option<RunIdentity>,
    /// When the whole chain has to have ended.
    pub execution_expires: Option<Timestamp>,
    /// Signals that the run before it took and did not handle.
    pub carried_signals: Vec<Request>,
    /// Request ids of signals that earlier runs took.
    pub signal_ids: Vec<RequestId>,
    /// Result of the last run that had one.
    pub last_completion_result: Option<Payload>,
    /// Failure of the run before it.
    pub last_failure: Option<Failure>,
}

/// Who started a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The run.
    pub run: RunIdentity,
    /// What it knows the child's end by.
    pub operation: Operation,
}

/// The end of a run that goes on in another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContinuedAsNew {
    /// The next run.
    pub new_run_id: RunId,
    /// Its code.
    pub workflow_type: WorkflowType,
    /// Where its activities go.
    pub task_queue: TaskQueue,
    /// Its arguments.
    pub input: Vec<Payload>,
    /// Context.
    pub headers: Headers,
    /// Of one run.
    pub run_timeout: Option<Millis>,
    /// How it is tried again.
    pub retry_policy: Option<RetryPolicy>,
    /// All of the user's notes; absent: as they are.
    pub memo: Option<BTreeMap<String, Payload>>,
    /// All of what it can be found by; absent: as it is.
    pub search_attributes: Option<BTreeMap<String, Payload>>,
    /// Where its code comes from.
    pub module_policy: ModulePolicy,
    /// Signals it receives first.
    pub carried_signals: Vec<Request>,
}

/// Which way a run went where the code was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marker {
    /// It has the patch.
    Patch {
        /// The patch.
        id: String,
        /// No run without it is left.
        deprecated: bool,
    },
    /// It has this version of the change.
    Version {
        /// The change.
        change_id: String,
        /// The version.
        version: i32,
    },
}

impl Marker {
    /// The patch or change.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Patch { id, .. } => id,
            Self::Version { change_id, .. } => change_id,
        }
    }

    /// As the search attribute `ChangeVersion` shows it. Source: Temporal, `TemporalChangeVersion`.
    #[must_use]
    pub fn change_version(&self) -> String {
        match self {
            Self::Patch { id, .. } => id.clone(),
            Self::Version { change_id, version } => format!("{change_id}-{version}"),
        }
    }
}
