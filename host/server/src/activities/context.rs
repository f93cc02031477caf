//! What an attempt knows of itself, and how it talks to the host.

use std::{sync::Arc, time::Instant};

use dalsegno_engine::{
    Headers, Millis, Payload, Timestamp,
    ids::{ActivityId, ActivityType, Namespace, RunId, TaskQueue, WorkflowId, WorkflowType},
};
use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

/// What an attempt knows of itself.
#[derive(Debug, Clone)]
pub struct ActivityInfo {
    /// Where the workflow runs.
    pub namespace: Namespace,
    /// The workflow that asked for it.
    pub workflow_id: WorkflowId,
    /// Its run.
    pub run_id: RunId,
    /// Its code.
    pub workflow_type: WorkflowType,
    /// The activity's id in the run.
    pub activity_id: ActivityId,
    /// The activity's code.
    pub activity_type: ActivityType,
    /// Where it waited.
    pub task_queue: TaskQueue,
    /// From 1.
    pub attempt: u32,
    /// The same for every attempt: give it to services that act once for each key.
    pub idempotency_key: String,
    /// When it was first scheduled.
    pub scheduled_at: Timestamp,
    /// How long this attempt may take, if that is limited.
    pub start_to_close: Option<Millis>,
    /// The longest silence between heartbeats, if that is limited.
    pub heartbeat_timeout: Option<Millis>,
    /// Context from the workflow.
    pub headers: Headers,
}

/// The host, as an attempt sees it.
#[derive(Debug, Clone)]
pub struct ActivityContext(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    info: ActivityInfo,
    cancelled: CancellationToken,
    pulse: Arc<Pulse>,
    last_details: Vec<Payload>,
}

/// The last sign of life of an attempt.
#[derive(Debug)]
pub(crate) struct Pulse {
    last: Mutex<(Instant, Vec<Payload>)>,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { last: Mutex::new((Instant::now(), Vec::new())) }
    }

    pub(crate) fn last(&self) -> Instant {
        self.last.lock().0
    }

    pub(crate) fn details(&self) -> Vec<Payload> {
        self.last.lock().1.clone()
    }
}

impl ActivityContext {
    pub(crate) fn new(
        info: ActivityInfo,
        cancelled: CancellationToken,
        pulse: Arc<Pulse>,
        last_details: Vec<Payload>,
    ) -> Self {
        Self(Arc::new(Inner { info, cancelled, pulse, last_details }))
    }

    /// What the attempt knows of itself.
    #[must_use]
    pub fn info(&self) -> &ActivityInfo {
        &self.0.info
    }

    /// Shows that the attempt is alive, with details that a next attempt will receive.
    pub fn heartbeat(&self, details: &impl Serialize) {
        let details = serde_json::to_vec(details).ok().map(Payload::json);
        *self.0.pulse.last.lock() = (Instant::now(), details.into_iter().collect());
    }

    /// Shows that the attempt is alive, with details as they came from elsewhere.
    pub(crate) fn heartbeat_payloads(&self, details: Vec<Payload>) {
        *self.0.pulse.last.lock() = (Instant::now(), details);
    }

    /// The details of the last heartbeat of an attempt before this one, as they came.
    pub(crate) fn last_details(&self) -> &[Payload] {
        &self.0.last_details
    }

    /// The details of the last heartbeat of an attempt before this one.
    #[must_use]
    pub fn last_heartbeat<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.0.last_details.first()?.data).ok()
    }

    /// Whether the attempt was told to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.is_cancelled()
    }

    /// Ends when the attempt is told to stop.
    pub async fn cancelled(&self) {
        self.0.cancelled.cancelled().await;
    }
}
