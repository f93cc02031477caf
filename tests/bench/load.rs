//! Clients in a loop.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{args::Shape, http::Client, stats::Times};

/// The first part of the time, which is not measured: connections, caches, prepared statements.
const WARM_UP: f64 = 0.2;

/// When to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    from: Instant,
    until: Instant,
}

/// What clients did within a window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    pub(crate) workflows: u64,
    pub(crate) time: Duration,
    pub(crate) latencies: Times,
}

impl Window {
    /// Begins with a warm-up now.
    pub(crate) fn of(time: Duration) -> Self {
        let now = Instant::now();
        Self { from: now + time.mul_f64(WARM_UP), until: now + time.mul_f64(1.0 + WARM_UP) }
    }

    pub(crate) fn is_over(self) -> bool {
        Instant::now() >= self.until
    }

    fn holds(self, moment: Instant) -> bool {
        self.from <= moment && moment < self.until
    }

    /// An outcome that nothing has happened in yet.
    pub(crate) fn outcome(self) -> Outcome {
        Outcome { time: self.until - self.from, ..Outcome::default() }
    }
}

impl Outcome {
    /// Counts a workflow that ends now, if that is within the window.
    pub(crate) fn finished(&mut self, window: Window, begun: Instant) {
        let now = Instant::now();
        if window.holds(now) {
            self.workflows += 1;
            self.latencies.push(now - begun);
        }
    }

    /// What other clients did at the same time.
    pub(crate) fn beside(&mut self, other: Self) {
        self.workflows += other.workflows;
        self.latencies.extend(other.latencies);
    }

    /// What happened in another window.
    pub(crate) fn after(&mut self, other: Self) {
        self.time += other.time;
        self.beside(other);
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.workflows as f64 / self.time.as_secs_f64()
    }
}

/// The argument of a chain.
pub(crate) fn chain(steps: u64, activity: &str) -> Value {
    json!({ "steps": steps, "activity": activity })
}

/// Clients that each start a chain and wait for its result, again and again.
pub(crate) async fn closed_loop(
    address: SocketAddr,
    shape: Shape,
    time: Duration,
) -> anyhow::Result<Outcome> {
    let window = Window::of(time);
    let mut clients = JoinSet::new();
    for _ in 0..shape.clients {
        clients.spawn(one_client(address, shape.steps, window));
    }
    let mut outcome = window.outcome();
    while let Some(client) = clients.join_next().await {
        outcome.beside(client??);
    }
    Ok(outcome)
}

async fn one_client(address: SocketAddr, steps: u64, window: Window) -> anyhow::Result<Outcome> {
    let mut client = Client::connect(address).await?;
    let mut outcome = window.outcome();
    let arguments = [chain(steps, "noop")];
    while !window.is_over() {
        let begun = Instant::now();
        let (started, _) = client.start("chain", &arguments).await?;
        client.finish(&started).await?;
        outcome.finished(window, begun);
    }
    Ok(outcome)
}
