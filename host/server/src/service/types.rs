//! What clients ask and are answered, whatever the protocol.

use std::{collections::BTreeMap, time::Duration};

use dalsegno_engine::{
    Failure, Headers, Millis, Payload, Status, Timestamp,
    attempts::ActivityRow,
    event::UpdateOutcome,
    export::ExportedHistory,
    ids::{ModuleDigest, Namespace, RequestId, RunId, TaskQueue, WorkflowId, WorkflowType},
    retry::RetryPolicy,
    state::State,
};
use dalsegno_sandbox::ModuleDefinition;
use dalsegno_store::{RunKey, RunRow};

/// Which run of a workflow.
#[derive(Debug, Clone)]
pub struct RunRef {
    /// Where it runs.
    pub namespace: Namespace,
    /// What the user calls it.
    pub workflow_id: WorkflowId,
    /// The newest if absent.
    pub run_id: Option<RunId>,
}

impl RunRef {
    /// The name of this run of the workflow.
    #[must_use]
    pub fn key(&self, run_id: &RunId) -> RunKey {
        RunKey {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            run_id: run_id.clone(),
        }
    }
}

/// A workflow to start.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// Where to run it.
    pub namespace: Namespace,
    /// Its code.
    pub workflow_type: WorkflowType,
    /// Made by the host if absent: from the request id, or at random.
    pub workflow_id: Option<WorkflowId>,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context.
    pub headers: Headers,
    /// The client's mark on the request.
    pub request_id: Option<RequestId>,
    /// Where its activities go unless they say otherwise.
    pub task_queue: Option<TaskQueue>,
    /// What to do about closed runs of the id.
    pub id_reuse_policy: IdReusePolicy,
    /// What to do about an open run of the id.
    pub id_conflict_policy: IdConflictPolicy,
    /// Of the whole chain.
    pub execution_timeout: Option<Millis>,
    /// Of this run.
    pub run_timeout: Option<Millis>,
    /// Before the first activation.
    pub start_delay: Option<Millis>,
    /// How it is tried again when it fails; not at all if absent.
    pub retry_policy: Option<RetryPolicy>,
    /// The user's notes.
    pub memo: BTreeMap<String, Payload>,
    /// What the run can be found by.
    pub search_attributes: BTreeMap<String, Payload>,
    /// This module, not the deployed one.
    pub module: Option<ModuleDigest>,
}

/// What closed runs of a workflow id mean to a new one. Source: Temporal, "Workflow Id Reuse Policy".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdReusePolicy {
    /// Nothing.
    #[default]
    Allow,
    /// There may be another if the last did not complete.
    FailedOnly,
    /// There may be no other.
    Reject,
}

/// What an open run of a workflow id means to a new one. Source: Temporal, "Workflow Id Conflict Policy".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdConflictPolicy {
    /// The new one is refused.
    #[default]
    Fail,
    /// The open one is the answer.
    UseExisting,
    /// The open one is terminated first.
    TerminateExisting,
}

/// A started workflow.
#[derive(Debug, Clone)]
pub struct Started {
    /// As given or made.
    pub workflow_id: WorkflowId,
    /// The run.
    pub run_id: RunId,
    /// False: it was there before.
    pub new: bool,
}

/// A message to a run.
#[derive(Debug, Clone)]
pub struct SignalRequest {
    /// The handler.
    pub name: String,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context.
    pub headers: Headers,
    /// The client's mark on the request.
    pub request_id: Option<RequestId>,
}

/// A call of an update handler.
#[derive(Debug, Clone)]
pub struct UpdateRequest {
    /// What the client knows it by; made by the host if absent.
    pub update_id: Option<String>,
    /// The handler.
    pub name: String,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context.
    pub headers: Headers,
    /// What to wait for.
    pub wait: UpdateWait,
}

/// How far an update is to come before the answer, and how long to wait for that.
#[derive(Debug, Clone, Copy)]
pub struct UpdateWait {
    /// How far.
    pub stage: UpdateStage,
    /// At most; an update that was not accepted in time is waited for all the same.
    pub time: Duration,
}

/// How far an update has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpdateStage {
    /// It is in the history.
    Accepted,
    /// It has its outcome.
    #[default]
    Completed,
}

/// What became of an update, so far.
#[derive(Debug, Clone)]
pub struct Updated {
    /// As given or made.
    pub update_id: String,
    /// The run that decided; absent if none was begun for it.
    pub run_id: Option<RunId>,
    /// What became of it.
    pub status: UpdateStatus,
}

/// Where an update stands.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateStatus {
    /// It is in the history.
    Accepted,
    /// Its handler has ended.
    Completed(UpdateOutcome),
    /// The validator did not let it pass; there is no trace of it.
    Rejected(Failure),
}

/// What became of an update of a workflow that was started for it, or was open.
#[derive(Debug, Clone)]
pub struct UpdatedWithStart {
    /// As given or made.
    pub workflow_id: WorkflowId,
    /// Whether the run began with it.
    pub new: bool,
    /// The update.
    pub update: Updated,
}

/// A question to a run.
#[derive(Debug, Clone)]
pub struct QueryRequest {
    /// The handler.
    pub name: String,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context.
    pub headers: Headers,
    /// Refuse runs that stand otherwise.
    pub reject: QueryReject,
}

/// Which runs are not asked. Source: Temporal, "Query Reject Condition".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryReject {
    /// All are.
    #[default]
    None,
    /// Closed ones.
    NotOpen,
    /// Closed ones but completed ones.
    NotCompletedCleanly,
}

/// How long a client waits for a result, and of which run.
#[derive(Debug, Clone, Copy)]
pub struct ResultRequest {
    /// At most; zero answers at once.
    pub wait: Duration,
    /// Whether to go on with the run that follows: one that continues as new, or tries again.
    pub follow: bool,
}

/// The end of a run, or that there is none yet.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// The run asked about.
    pub run_id: RunId,
    /// How it stands.
    pub status: Status,
    /// Absent while it runs.
    pub outcome: Option<Result<Option<Payload>, Failure>>,
    /// The run that follows it.
    pub new_run_id: Option<RunId>,
}

/// All there is to tell of a run.
#[derive(Debug)]
pub struct Description {
    /// Its row.
    pub row: RunRow,
    /// What its history tells.
    pub state: State,
    /// Its attempts beyond the first.
    pub attempts: Vec<ActivityRow>,
    /// The last error of an activation that is tried again, while its owner remembers it.
    pub last_error: Option<String>,
}

/// A part of a history.
#[derive(Debug)]
pub struct HistoryPage {
    /// From the event asked for.
    pub history: ExportedHistory,
    /// Where the next page begins; absent at the end.
    pub next: Option<u64>,
    /// Whether the run is closed, so that nothing follows the end.
    pub closed: bool,
}

/// A module, as clients see it.
#[derive(Debug, Clone)]
pub struct ModuleInfo {
    /// Its content.
    pub digest: ModuleDigest,
    /// Its size.
    pub bytes: u64,
    /// When it was uploaded; absent until it is ready.
    pub uploaded_at: Option<Timestamp>,
    /// Where it stands.
    pub status: ModuleStatus,
}

/// Where a module stands.
#[derive(Debug, Clone)]
pub enum ModuleStatus {
    /// It is being compiled.
    Compiling,
    /// It can be started.
    Ready {
        /// What it holds.
        definition: Box<ModuleDefinition>,
        /// Types whose new runs get it.
        deployed: Vec<WorkflowType>,
    },
    /// It cannot be run.
    Refused(String),
}

/// An uploaded module.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// What became of it.
    pub module: ModuleInfo,
    /// False: the same bytes were there.
    pub new: bool,
}
