//! What a step costs where nothing can be shared with other runs: commits, and rows of history.

use anyhow::Context as _;
use dalsegno_engine::ids::RunId;
use dalsegno_store::OpenOptions;

use crate::{
    backend::Backend,
    bench::Bench,
    host::HostProcess,
    load,
    report::{Row, Target},
};

const WORKFLOWS: usize = 100;
const STEPS: u64 = 10;

pub(crate) async fn run(bench: &Bench, backend: Backend) -> anyhow::Result<()> {
    let database = bench.databases.fresh(backend).await?;
    let host = HostProcess::start(&database, &bench.cache(), Default::default()).await?;
    let mut client = host.client().await?;
    client.upload(&bench.component).await?;
    let workflows = bench.count(WORKFLOWS);
    let before = client.metrics().await?.commits();
    let mut runs = Vec::new();
    for _ in 0..workflows {
        let (started, _) = client.start("chain", &[load::chain(STEPS, "noop")]).await?;
        client.finish(&started).await?;
        runs.push(RunId::new(&started.run_id));
    }
    let commits = client.metrics().await?.commits() - before;
    host.stop().await?;

    let store = dalsegno_store::open(&database, OpenOptions::default()).await?;
    let mut rows = 0;
    for run in &runs {
        rows += store.history(run, 1, u32::MAX).await.context("the history cannot be read")?.len();
    }
    store.close().await;
    // A start costs one as well.
    let of_steps = |all: f64| (all - workflows as f64) / (workflows as f64 * STEPS as f64);
    let name = "chain(10, 1)";
    let one = Target::AtMost(1.0);
    bench.report.add(Row::new(name, "commits a step", of_steps(commits), "").on(backend).target(one));
    bench
        .report
        .add(Row::new(name, "history rows a step", of_steps(rows as f64), "").on(backend).target(one));
    Ok(())
}
