//! Counters and gauges, for Prometheus.

use std::time::Duration;

use dalsegno_engine::{Status, attempts::AttemptResult};
use parking_lot::Mutex;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// Everything a host measures.
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    pub(crate) runs_started: Counter,
    runs_closed: Family<StatusLabel, Counter>,
    pub(crate) activations: Counter,
    pub(crate) activation_failures: Counter,
    pub(crate) replays: Counter,
    pub(crate) evictions: Counter,
    attempts: Family<OutcomeLabel, Counter>,
    commits: Histogram,
    committed_items: Counter,
    pub(crate) commit_retries: Counter,
    pub(crate) queued_steps: Gauge,
    pub(crate) resident_guests: Gauge,
    pub(crate) resident_bytes: Gauge,
    pub(crate) runs_in_memory: Gauge,
    pub(crate) runs_blocked: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("dalsegno")),
            runs_started: Counter::default(),
            runs_closed: Family::default(),
            activations: Counter::default(),
            activation_failures: Counter::default(),
            replays: Counter::default(),
            evictions: Counter::default(),
            attempts: Family::default(),
            commits: Histogram::new([0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0]),
            committed_items: Counter::default(),
            commit_retries: Counter::default(),
            queued_steps: Gauge::default(),
            resident_guests: Gauge::default(),
            resident_bytes: Gauge::default(),
            runs_in_memory: Gauge::default(),
            runs_blocked: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&self) {
        let mut registry = self.registry.lock();
        registry.register("runs_started", "Runs started", self.runs_started.clone());
        registry.register("runs_closed", "Runs closed, by how", self.runs_closed.clone());
        registry.register(
            "activations",
            "Activations of guests, replays not counted",
            self.activations.clone(),
        );
        registry.register(
            "activation_failures",
            "Activations and replays that failed",
            self.activation_failures.clone(),
        );
        registry.register("replays", "Guests brought to the present by replay", self.replays.clone());
        registry.register("evictions", "Guests dropped from memory to make room", self.evictions.clone());
        registry.register(
            "activity_attempts",
            "Attempts of activities, by how they ended",
            self.attempts.clone(),
        );
        registry.register_with_unit("commit", "Time of one batch", Unit::Seconds, self.commits.clone());
        registry.register("committed_items", "Runs changed by batches", self.committed_items.clone());
        registry.register("commit_retries", "Batches whose answer was lost", self.commit_retries.clone());
        registry.register("queued_steps", "Steps that wait to be stored", self.queued_steps.clone());
        registry.register("resident_guests", "Guests in memory", self.resident_guests.clone());
        registry.register("resident_bytes", "Bytes of guests in memory, about", self.resident_bytes.clone());
        registry.register("runs_in_memory", "Runs in memory", self.runs_in_memory.clone());
        registry.register("runs_blocked", "Runs that are parked until released", self.runs_blocked.clone());
    }

    pub(crate) fn run_closed(&self, status: Status) {
        self.runs_closed.get_or_create(&StatusLabel { status: status.as_str() }).inc();
    }

    pub(crate) fn attempt_ended(&self, result: &AttemptResult) {
        let outcome = match result {
            AttemptResult::Completed(_) => "completed",
            AttemptResult::Failed(_) => "failed",
        };
        self.attempts.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(crate) fn commit(&self, time: Duration, items: usize) {
        self.commits.observe(time.as_secs_f64());
        self.committed_items.inc_by(items as u64);
    }

    /// In the text form of `OpenMetrics`.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry.lock());
        text
    }
}
