//! What a run knows of itself: its identity, its time, its randomness.

use std::time::{Duration, SystemTime};

use crate::{
    bindings::dalsegno::workflow::run::{Parent, RunInfo},
    runtime,
};

/// What stays the same as long as the run lives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// Where the run lives.
    pub namespace: String,
    /// Chosen at the start.
    pub workflow_id: String,
    /// Of this very run.
    pub run_id: String,
    /// The first run of the chain of continue-as-new, retries and resets.
    pub first_run_id: String,
    /// The run that this one continues.
    pub continued_run_id: Option<String>,
    /// The name under which it was started.
    pub workflow_type: String,
    /// Where its activities go by default.
    pub task_queue: String,
    /// Of the workflow's own retry policy, from 1.
    pub attempt: u32,
    /// When it was started.
    pub start_time: SystemTime,
    /// The time limit of the whole chain.
    pub execution_timeout: Option<Duration>,
    /// The time limit of this run.
    pub run_timeout: Option<Duration>,
    /// Who started it, if a workflow did.
    pub parent: Option<RunIdentity>,
    /// The digest of its module.
    pub module_digest: String,
}

/// Which run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunIdentity {
    /// Where it lives.
    pub namespace: String,
    /// Chosen at its start.
    pub workflow_id: String,
    /// Of the very run.
    pub run_id: String,
}

/// What this run knows of itself.
#[must_use]
#[track_caller]
pub fn info() -> Info {
    runtime::current().host().info().into()
}

/// The time of the present activation: the same until the next await that waits.
///
/// `SystemTime::now()` gives the same.
#[must_use]
#[track_caller]
pub fn now() -> SystemTime {
    time(runtime::current().time_us())
}

/// Random bytes, the same when the run is replayed. 65,536 at most.
///
/// The crates `rand` and `uuid` work as well, and draw from the same stream.
#[must_use]
#[track_caller]
pub fn random_bytes(length: u32) -> Vec<u8> {
    runtime::current().host().random_bytes(length)
}

fn time(microseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(microseconds)
}

impl From<RunInfo> for Info {
    fn from(info: RunInfo) -> Self {
        Self {
            namespace: info.namespace,
            workflow_id: info.workflow_id,
            run_id: info.run_id,
            first_run_id: info.first_run_id,
            continued_run_id: info.continued_run_id,
            workflow_type: info.workflow_type,
            task_queue: info.task_queue,
            attempt: info.attempt,
            start_time: time(info.start_time_us),
            execution_timeout: info.execution_timeout_ms.map(Duration::from_millis),
            run_timeout: info.run_timeout_ms.map(Duration::from_millis),
            parent: info.parent.map(RunIdentity::from),
            module_digest: info.module_digest,
        }
    }
}

impl From<Parent> for RunIdentity {
    fn from(parent: Parent) -> Self {
        Self { namespace: parent.namespace, workflow_id: parent.workflow_id, run_id: parent.run_id }
    }
}
