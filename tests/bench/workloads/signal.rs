//! The way of a start and of a signal: to the answer, and to the activity that follows.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::{
    backend::Backend,
    bench::Bench,
    host::{HostOptions, HostProcess, child::machine_nanos},
    http::{Client, Started},
    load,
    report::{Row, Target},
    stats::Times,
};

/// Workflows of each kind.
const WORKFLOWS: usize = 400;
/// Signals before the one that wakes: as many activations have to be repeated after an eviction.
const ACTIVATIONS: usize = 10;
/// Room for a few guests only, so that the others are evicted.
const EVICTING_MIB: u64 = 4;

/// From the signal to the beginning of the activity, p50 in milliseconds.
const WOKEN_RESIDENT_MS: f64 = 1.0;
const WOKEN_EVICTED_MS: f64 = 2.0;

pub(crate) async fn run(bench: &Bench, backend: Backend) -> anyhow::Result<()> {
    let mut host = bench.host(backend, HostOptions::default()).await?;
    starts(bench, backend, &mut host).await?;
    let resident = signals(bench, &mut host).await?;
    ensure!(resident.replays == 0.0, "guests were evicted that should have stayed");
    host.stop().await?;
    resident.report(bench, backend, "signal, resident", WOKEN_RESIDENT_MS);

    let mut host = bench.host(backend, HostOptions { resident_mib: Some(EVICTING_MIB) }).await?;
    let evicted = signals(bench, &mut host).await?;
    host.stop().await?;
    evicted.report(bench, backend, "signal, evicted", WOKEN_EVICTED_MS);
    Ok(())
}

/// From a start to its answer, and to the first activity.
async fn starts(bench: &Bench, backend: Backend, host: &mut HostProcess) -> anyhow::Result<()> {
    let (mut acknowledged, mut running) = (Times::default(), Times::default());
    let mut client = host.client().await?;
    for _ in 0..bench.count(WORKFLOWS) {
        let (begun, begun_nanos) = (Instant::now(), machine_nanos());
        let (started, _) = client.start("chain", &[load::chain(1, "mark")]).await?;
        acknowledged.push(begun.elapsed());
        running.push(since(begun_nanos, host.mark(&started.workflow_id).await?));
        client.finish(&started).await?;
    }
    report(bench, backend, "start", "to its answer", &acknowledged, None);
    report(bench, backend, "start", "to the first activity", &running, None);
    Ok(())
}

/// Times from signals on.
struct Signals {
    acknowledged: Times,
    woken: Times,
    finished: Times,
    /// Guests that had to be brought back, for each signal.
    replays: f64,
    /// Of one batch, in milliseconds.
    commit_ms: f64,
}

/// Waiting workflows, then a signal to each, the oldest first.
async fn signals(bench: &Bench, host: &mut HostProcess) -> anyhow::Result<Signals> {
    let mut client = host.client().await?;
    let mut waiting = Vec::new();
    for _ in 0..bench.count(WORKFLOWS) {
        waiting.push(wait_for_signal(&mut client).await?);
    }
    let before = client.metrics().await?;
    let (mut acknowledged, mut woken, mut finished) = (Times::default(), Times::default(), Times::default());
    for started in &waiting {
        let (begun, begun_nanos) = (Instant::now(), machine_nanos());
        client.signal(&started.workflow_id, "go").await?;
        acknowledged.push(begun.elapsed());
        client.finish(started).await?;
        finished.push(begun.elapsed());
        woken.push(since(begun_nanos, host.mark(&started.workflow_id).await?));
    }
    let after = client.metrics().await?;
    let replays = (after.replays() - before.replays()) / waiting.len() as f64;
    let commit_ms =
        (after.commit_seconds() - before.commit_seconds()) * 1e3 / (after.commits() - before.commits());
    Ok(Signals { acknowledged, woken, finished, replays, commit_ms })
}

async fn wait_for_signal(client: &mut Client) -> anyhow::Result<Started> {
    let (started, _) = client.start("waiter", &[]).await?;
    for _ in 1..ACTIVATIONS {
        client.signal(&started.workflow_id, "other").await?;
    }
    Ok(started)
}

impl Signals {
    fn report(&self, bench: &Bench, backend: Backend, name: &'static str, woken_ms: f64) {
        report(bench, backend, name, "to its answer", &self.acknowledged, None);
        report(bench, backend, name, "to the activity", &self.woken, Some(Target::AtMost(woken_ms)));
        report(bench, backend, name, "to the result", &self.finished, None);
        let row = Row::new(name, "replays", self.replays, "each").on(backend);
        bench.report.add(row.note("a commit", self.commit_ms, "ms"));
    }
}

fn report(
    bench: &Bench,
    backend: Backend,
    name: &'static str,
    measure: &'static str,
    times: &Times,
    target: Option<Target>,
) {
    let row = Row::new(name, measure, times.p50_ms(), "ms").on(backend).target(target);
    bench.report.add(row.note("p99", times.p99_ms(), "ms"));
}

fn since(from_nanos: u64, to_nanos: u64) -> Duration {
    Duration::from_nanos(to_nanos.saturating_sub(from_nanos))
}
