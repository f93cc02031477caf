//! Queries: each is answered by a fresh guest that repeats the whole history.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::{
    backend::Backend,
    bench::Bench,
    host::{HostOptions, HostProcess, child::hold},
    load,
    report::{Row, Target},
    stats::Times,
};

/// Queries of one history.
const QUERIES: usize = 500;
/// Every SDK answers it.
const QUERY: &str = "__stack_trace";
/// Events of a workflow that is held after so many steps: its start, two for each, and the one that waits.
const fn events(steps: u64) -> u64 {
    2 + 2 * steps
}
/// How long a workflow may take until it is held.
const HELD_MAX: Duration = Duration::from_secs(60);

pub(crate) async fn run(bench: &Bench, backend: Backend) -> anyhow::Result<()> {
    let host = bench.host(backend, HostOptions::default()).await?;
    measure(bench, backend, &host, 9, 1.5).await?;
    if !bench.settings.quick {
        measure(bench, backend, &host, 1_999, 15.0).await?;
    }
    host.stop().await
}

async fn measure(
    bench: &Bench,
    backend: Backend,
    host: &HostProcess,
    steps: u64,
    target_ms: f64,
) -> anyhow::Result<()> {
    let mut client = host.client().await?;
    let before = client.metrics().await?.get(ATTEMPTS);
    let (started, _) = client.start("chain", &[load::chain(steps + 1, &hold(steps))]).await?;
    let begun = Instant::now();
    while client.metrics().await?.get(ATTEMPTS) - before < steps as f64 {
        ensure!(begun.elapsed() < HELD_MAX, "the workflow does not get on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut times = Times::default();
    let long = steps > 100;
    let queries = bench.count(if long { QUERIES / 10 } else { QUERIES });
    let cpu = host.usage()?.cpu;
    for _ in 0..queries {
        let begun = Instant::now();
        client.query(&started.workflow_id, QUERY).await?;
        times.push(begun.elapsed());
    }
    let cpu_ms = (host.usage()?.cpu - cpu).as_secs_f64() * 1e3 / queries as f64;
    if !long {
        let found = client.events(&started.workflow_id).await? as u64;
        ensure!(found == events(steps), "the history has {found} events, not {}", events(steps));
    }
    let name = format!("query at {} events", events(steps));
    let row = Row::new(name, "p50", times.p50_ms(), "ms").on(backend).target(Target::AtMost(target_ms));
    bench.report.add(row.note("p99", times.p99_ms(), "ms").note("host's processor", cpu_ms, "ms"));
    Ok(())
}

const ATTEMPTS: &str = "dalsegno_activity_attempts_total{outcome=\"completed\"}";
