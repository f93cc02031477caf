//! The benchmark: what a host does per second and how long it takes, next to what the machine would allow.
//!
//! It starts real hosts as child processes and loads them over HTTP, and runs a [`model`] of their storage alone in
//! between, so that a noisy machine disturbs both alike. Read [`args`] for what can be asked for, [`workloads`] for
//! what is measured and the targets, [`bench`] for what the workloads share.

mod args;
mod backend;
mod bench;
mod code;
mod host;
mod http;
mod load;
mod machine;
mod model;
mod report;
mod stats;
mod workloads;

use std::{io::Write as _, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Parser as _;
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

use crate::{
    args::{Args, Command, Settings},
    bench::Bench,
    report::Report,
};

/// How long what is interrupted has to clean up after itself.
const CLEAN_UP_MAX: Duration = Duration::from_secs(10);
/// What a shell expects of a program that ended because of a signal.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    dalsegno_sandbox::compile_child_main();
    let args = Args::parse();
    let result = match args.command {
        Some(Command::Host(host)) => host::child::serve(host).map(|()| ExitCode::SUCCESS),
        None => measure(args.settings),
    };
    result.unwrap_or_else(|error| {
        say(&format!("bench: {error:#}"));
        ExitCode::FAILURE
    })
}

/// Runs the workloads; what was measured until an interruption is printed all the same.
fn measure(settings: Settings) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::new().context("no threads")?;
    let report = Report::shared();
    let json = settings.json.clone();
    let bench = Bench::new(settings, report.clone())?;
    // Outlives the workloads, and is removed whatever becomes of them.
    let folder = bench.folder();
    let facts = machine::facts(folder.path());
    let code = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut work = tokio::spawn(workloads::run(bench));
        tokio::select! {
            result = &mut work => result.context("a workload panicked")?.map(|()| ExitCode::SUCCESS),
            _ = interrupt.recv() => Ok(ExitCode::from(INTERRUPTED)),
            _ = terminate.recv() => Ok(ExitCode::from(INTERRUPTED)),
        }
    });
    runtime.shutdown_timeout(CLEAN_UP_MAX);
    drop(folder);
    let report = report.lock();
    if !report.is_empty() {
        writeln!(std::io::stdout(), "{}\n{facts}", report.table())?;
    }
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&report.to_json(&facts))?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    code
}

/// Tells people how it goes on; results alone go to stdout.
fn say(line: &str) {
    // Nobody is left to be told that nobody reads.
    let _ = writeln!(std::io::stderr(), "{line}");
}
