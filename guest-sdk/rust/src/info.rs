//! What a run knows of itself: its identity, its time, its randomness, the length of its history.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use crate::{
    attributes::{SearchAttribute, changed},
    bindings::{
        dalsegno::workflow::run::{Parent, RunInfo},
        exports::dalsegno::workflow::guest,
    },
    failure::Failure,
    payload::Payload,
    retry::RetryPolicy,
    runtime::{self, Runtime},
};

pub use guest::ContinueAsNewReason;

/// What a run was started with. Memo and search attributes are as the run has changed them since.
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
    /// How it is repeated when it fails.
    pub retry_policy: Option<RetryPolicy>,
    /// Who started it, if a workflow did.
    pub parent: Option<RunIdentity>,
    /// The top of the tree of parents, if a workflow started it.
    pub root: Option<RunIdentity>,
    /// Notes for people, set at the start or by [`set_memo`](crate::set_memo).
    pub memo: BTreeMap<String, Payload>,
    /// What it is found by; without those of types that this SDK does not know.
    pub search_attributes: BTreeMap<String, SearchAttribute>,
    /// What travelled with the start beside the arguments; see [`headers`](crate::headers).
    pub headers: BTreeMap<String, Payload>,
    /// The result of the last run of the same schedule or chain.
    pub last_completion_result: Option<Payload>,
    /// The failure of the last run of the same schedule or chain.
    pub last_failure: Option<Failure>,
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

/// How long a run's history is, as of the present activation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// Events before the present activation.
    pub events: u64,
    /// Their size.
    pub bytes: u64,
    /// True: it is time to [`continue_as_new`](crate::continue_as_new()).
    pub continue_as_new_suggested: bool,
    /// Why it is.
    pub reasons: Vec<ContinueAsNewReason>,
}

/// What this run knows of itself.
#[must_use]
#[track_caller]
pub fn info() -> Info {
    Info::of(&runtime::current())
}

/// How long this run's history is, and whether to continue as new.
#[must_use]
#[track_caller]
pub fn history() -> History {
    runtime::current().history()
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

/// An id that no other run makes: 32 hexadecimal digits.
pub(crate) fn random_id() -> String {
    let bytes = runtime::current().host().random_bytes(16);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn time(microseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(microseconds)
}

impl Info {
    fn of(runtime: &Runtime) -> Self {
        let info: RunInfo = runtime.host().info();
        let (memo, search_attributes) = runtime.upserted(|upserted| {
            let search_attributes = changed(info.search_attributes, &upserted.search_attributes);
            (changed(info.memo, &upserted.memo), search_attributes)
        });
        let search_attributes = search_attributes
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), SearchAttribute::from_payload(value)?)))
            .collect();
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
            retry_policy: info.retry_policy.map(RetryPolicy::from_contract),
            parent: info.parent.map(RunIdentity::from),
            root: info.root.map(RunIdentity::from),
            memo,
            search_attributes,
            headers: info.headers.into_iter().collect(),
            last_completion_result: info.last_completion_result,
            last_failure: info.last_failure.map(Failure::from_contract),
            module_digest: info.module_digest,
        }
    }
}

impl From<Parent> for RunIdentity {
    fn from(parent: Parent) -> Self {
        Self { namespace: parent.namespace, workflow_id: parent.workflow_id, run_id: parent.run_id }
    }
}
