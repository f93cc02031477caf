//! Starts without waiting: how many are accepted, and when all are finished.

use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::task::JoinSet;

use crate::{backend::Backend, bench::Bench, host::HostOptions, http::Client, load, report::Row};

const STARTS: usize = 6_400;
const CLIENTS: usize = 64;
/// How often the host is asked how many have finished.
const POLL: Duration = Duration::from_millis(10);
/// Something is wrong if not all have finished after this.
const FINISH_MAX: Duration = Duration::from_secs(120);

pub(crate) async fn run(bench: &Bench, backend: Backend) -> anyhow::Result<()> {
    let host = bench.host(backend, HostOptions::default()).await?;
    let each = bench.count(STARTS) / CLIENTS;
    let starts = each * CLIENTS;
    let mut watcher = host.client().await?;
    let before = watcher.metrics().await?.completed();
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(send(host.client().await?, each));
    }
    let mut refused = 0;
    while let Some(client) = clients.join_next().await {
        refused += client??;
    }
    let accepted = begun.elapsed();
    while watcher.metrics().await?.completed() - before < starts as f64 {
        if begun.elapsed() > FINISH_MAX {
            bail!("not all workflows finished");
        }
        tokio::time::sleep(POLL).await;
    }
    let finished = begun.elapsed();
    let name = format!("send({starts})");
    let rate = |time: Duration| starts as f64 / time.as_secs_f64();
    let row = Row::new(&name, "accepted", rate(accepted), "/s").on(backend);
    bench.report.add(row.note("asked to come again", refused as f64, "times"));
    bench.report.add(Row::new(&name, "finished", rate(finished), "/s").on(backend));
    host.stop().await
}

async fn send(mut client: Client, starts: usize) -> anyhow::Result<u64> {
    let arguments = [load::chain(1, "noop")];
    let mut refused = 0;
    for _ in 0..starts {
        refused += client.start("chain", &arguments).await?.1;
    }
    Ok(refused)
}
