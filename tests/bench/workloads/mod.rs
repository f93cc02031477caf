//! What is measured, each workload in a file of its own.

mod chain;
mod commits;
mod fanout;
mod guest;
mod memory;
mod query;
mod replay;
mod send;
mod signal;

use clap::ValueEnum as _;

use crate::{args::Workload, bench::Bench, say};

/// Runs the workloads that were asked for, one after the other.
pub(crate) async fn run(bench: Bench) -> anyhow::Result<()> {
    let asked = &bench.settings.workloads;
    if bench.settings.quick {
        say("quick: everything is too short for the figures to mean anything");
    }
    for workload in Workload::value_variants() {
        if !asked.is_empty() && !asked.contains(workload) {
            continue;
        }
        say(&format!("{}:", name(*workload)));
        match workload {
            Workload::Guest => guest::run(&bench)?,
            Workload::Replay => replay::run(&bench).await?,
            Workload::Chain => on_each(&bench, chain::run).await?,
            Workload::Send => on_each(&bench, send::run).await?,
            Workload::Signal => on_each(&bench, signal::run).await?,
            Workload::Query => on_each(&bench, query::run).await?,
            Workload::Fanout => on_each(&bench, fanout::run).await?,
            Workload::Commits => on_each(&bench, commits::run).await?,
            Workload::Memory => memory::run(&bench).await?,
        }
    }
    Ok(())
}

async fn on_each(
    bench: &Bench,
    run: impl AsyncFn(&Bench, crate::backend::Backend) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for backend in bench.settings.backend.all() {
        run(bench, *backend).await?;
    }
    Ok(())
}

fn name(workload: Workload) -> String {
    workload.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
