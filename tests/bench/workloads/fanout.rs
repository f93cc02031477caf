//! Workflows of many activities at once, next to a chain on the same host.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    args::Shape,
    backend::Backend,
    bench::Bench,
    host::{HostOptions, HostProcess},
    http::Client,
    load,
    report::{Row, Target},
};

const RUNS: usize = 10;
const ACTIVITIES: usize = 1_000;
/// What it is compared with.
const CHAIN: Shape = Shape { steps: 10, clients: 200 };
/// Activities per second, as a part of the chain's steps.
const OF_CHAIN: f64 = 0.3;
/// How often both take turns.
const ROUNDS: u32 = 2;

pub(crate) async fn run(bench: &Bench, backend: Backend) -> anyhow::Result<()> {
    let host = bench.host(backend, HostOptions::default()).await?;
    let activities = bench.count(ACTIVITIES);
    let (mut steps, mut time) = (0.0, Duration::ZERO);
    for _ in 0..ROUNDS {
        let chain = load::closed_loop(host.address(), CHAIN, bench.time() / (2 * ROUNDS)).await?;
        steps += chain.per_second() * CHAIN.steps as f64 / f64::from(ROUNDS);
        time += all(&host, activities).await?;
    }
    let per_second = (RUNS * activities) as f64 * f64::from(ROUNDS) / time.as_secs_f64();
    let name = format!("fan-out {RUNS} × {activities}");
    bench.report.add(Row::new(&name, "activities", per_second, "/s").on(backend));
    let row = Row::new(&name, "part of chain(10, 200)", per_second / steps, "").on(backend);
    bench.report.add(row.target(Target::AtLeast(OF_CHAIN)).note("its steps", steps, "/s"));
    host.stop().await
}

/// How long it takes until all runs are finished.
async fn all(host: &HostProcess, activities: usize) -> anyhow::Result<Duration> {
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..RUNS {
        clients.push(host.client().await?);
    }
    let begun = Instant::now();
    let mut runs = JoinSet::new();
    for client in clients {
        runs.spawn(one(client, activities));
    }
    while let Some(run) = runs.join_next().await {
        run??;
    }
    Ok(begun.elapsed())
}

async fn one(mut client: Client, activities: usize) -> anyhow::Result<()> {
    let (started, _) = client.start("fanout", &[json!({ "count": activities })]).await?;
    client.finish(&started).await
}
