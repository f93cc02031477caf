//! What a guest costs, without a host around it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use dalsegno_sandbox::{Sandbox, SandboxConfig};

use crate::{
    bench::Bench,
    code::Code,
    load,
    report::{Row, Target},
    stats::Times,
};

/// How often each is measured.
const COMPILES: usize = 5;
const LOADS: usize = 20;
const INSTANCES: usize = 1_000;
const ACTIVATIONS: usize = 5_000;
/// What instantiating one may take.
const INSTANTIATE_TARGET_MICROS: f64 = 30.0;

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    tokio::task::block_in_place(|| {
        compile(bench)?;
        load_artifact(bench)?;
        let code = bench.code()?;
        instantiate(bench, &code)?;
        activate(bench, &code)
    })
}

/// With an empty cache, in a process of its own as a host does it.
fn compile(bench: &Bench) -> anyhow::Result<()> {
    let mut times = Times::default();
    for _ in 0..bench.count(COMPILES) {
        let cache = tempfile::tempdir()?;
        let sandbox = sandbox(cache.path().join("modules"))?;
        let digest = Sandbox::digest(&bench.component);
        times.push(timed(|| sandbox.compile(&digest, &bench.component).map_err(Into::into))?);
    }
    let row = Row::new("guest", "compile", times.p50_ms() / 1e3, "s");
    bench.report.add(row.note("component", bench.component.len() as f64 / 1024.0, "KiB"));
    Ok(())
}

/// From the cache, by a sandbox that has not seen it.
fn load_artifact(bench: &Bench) -> anyhow::Result<()> {
    let digest = bench.code()?.module.digest().clone();
    let mut times = Times::default();
    for _ in 0..bench.count(LOADS) {
        let sandbox = sandbox(bench.cache())?;
        times.push(timed(|| sandbox.load(&digest)?.context("the compiled module is not there").map(drop))?);
    }
    bench.report.add(Row::new("guest", "load artifact", times.p50_ms(), "ms"));
    Ok(())
}

/// One after the other, all of them kept; then dropped.
fn instantiate(bench: &Bench, code: &Code) -> anyhow::Result<()> {
    let info = code.info("chain", &load::chain(1, "noop"));
    let (mut made, mut dropped) = (Times::default(), Times::default());
    let mut guests = Vec::new();
    for _ in 0..bench.count(INSTANCES) {
        let begun = Instant::now();
        let guest = code.sandbox.instantiate(&code.module, info.clone())?;
        made.push(begun.elapsed());
        guests.push(guest);
    }
    for guest in guests {
        dropped.push(timed(|| {
            drop(guest);
            Ok(())
        })?);
    }
    let row = Row::new("guest", "instantiate", made.p50_ms() * 1e3, "µs");
    let row = row.target(Target::AtMost(INSTANTIATE_TARGET_MICROS));
    bench.report.add(row.note("p99", made.p99_ms() * 1e3, "µs").note("drop", dropped.p50_ms() * 1e3, "µs"));
    Ok(())
}

/// One step of a chain: a result in, the next activity out.
fn activate(bench: &Bench, code: &Code) -> anyhow::Result<()> {
    let recording = code.record("chain", &load::chain(bench.count(ACTIVATIONS) as u64, "noop"))?;
    let mut times = Times::default();
    recording.activations.iter().for_each(|time| times.push(*time));
    let first = recording.activations.first().map_or(f64::NAN, |time| time.as_secs_f64() * 1e6);
    let row = Row::new("guest", "activate", times.p50_ms() * 1e3, "µs");
    bench.report.add(row.note("p99", times.p99_ms() * 1e3, "µs").note("the first", first, "µs"));
    Ok(())
}

fn sandbox(cache_dir: std::path::PathBuf) -> anyhow::Result<Sandbox> {
    Ok(Sandbox::new(SandboxConfig { cache_dir, ..SandboxConfig::default() })?)
}

fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}
