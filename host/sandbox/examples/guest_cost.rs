//! Measures what guests cost, by language: `cargo run --release -p dalsegno-sandbox --example guest_cost [LANGUAGE…]`.
//!
//! Needs the guests that `tests/toolchain/guests` builds: the conformance suite's, whose workflow `chain` runs activities
//! in sequence. Prints a table in Markdown, and what a hundred runs at rest take.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on panics")]
#![expect(clippy::print_stdout, reason = "its output is the purpose")]

#[expect(dead_code, reason = "made for the tests")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use dalsegno_engine::{Payload, attempts::AttemptResult, replay::Replay};
use dalsegno_sandbox::{Instance, Module, Sandbox, SandboxConfig};
use support::{Driver, TestSandbox, guest, guests, run_info, started};

/// The workflow, and how long it is.
const CHAIN: &str = "chain";
const STEPS: usize = 1_000;
/// How often an instance is made, and a history replayed.
const REPEATED: usize = 200;
const REPLAYED: usize = 10;
/// Guests at rest.
const RESIDENT: usize = 100;
/// The component of the Rust guest; the others' names have the language behind it.
const COMPONENT: &str = "conformance";

/// What the guests of a language cost.
struct Cost {
    component_bytes: usize,
    artifact_bytes: u64,
    validate: Duration,
    compile: Duration,
    load: Duration,
    instantiate: Vec<Duration>,
    live: Duration,
    replayed: Vec<Duration>,
    /// What only one guest has.
    private_bytes: usize,
    /// What it counts for to the host.
    memory_bytes: usize,
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    println!(
        "| language | component | validate | compile | artifact | load | instantiate | activation, replayed; live \
         | private memory at rest; counted | {RESIDENT} at rest |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for component in guests() {
        let language = match component.strip_prefix(COMPONENT) {
            Some("") => "rust",
            Some(language) if language.starts_with('-') => &language[1..],
            _ => continue,
        };
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == language) {
            print(language, &cost(&component));
        }
    }
}

fn print(language: &str, cost: &Cost) {
    let kib = |bytes: usize| bytes.div_ceil(1 << 10);
    println!(
        "| {language} | {} KiB | {} | {} | {} KiB | {} | {} | {}; {} | {} KiB; {} KiB | {} MiB |",
        kib(cost.component_bytes),
        shown(cost.validate),
        shown(cost.compile),
        cost.artifact_bytes >> 10,
        shown(cost.load),
        shown(median(&cost.instantiate)),
        shown(median(&cost.replayed)),
        shown(cost.live),
        kib(cost.private_bytes),
        kib(cost.memory_bytes),
        (cost.private_bytes * RESIDENT).div_ceil(1 << 20),
    );
}

fn cost(component: &str) -> Cost {
    let test = TestSandbox::with(|config: &mut SandboxConfig| config.instances_max = 4_096);
    let bytes = guest(component);
    let digest = Sandbox::digest(&bytes);
    let validate = time(|| test.sandbox.validate(&bytes).unwrap());
    let compile = time(|| test.sandbox.compile(&digest, &bytes).unwrap());
    let begin = Instant::now();
    let module = test.sandbox.load(&digest).unwrap().unwrap();
    let load = begin.elapsed();
    let info = || run_info(started(&digest, CHAIN, &[]));
    let instantiate = (0..REPEATED).map(|_| time(|| test.sandbox.instantiate(&module, info()))).collect();
    let (private_bytes, memory_bytes) = at_rest(&test.sandbox, &module);
    let begin = Instant::now();
    let mut chain = driver(&test.sandbox, &module, STEPS);
    chain.finish().unwrap();
    let live = begin.elapsed() / STEPS as u32;
    assert_eq!(chain.result(), STEPS.to_string());
    Cost {
        component_bytes: bytes.len(),
        artifact_bytes: artifacts(&test.cache.path().join("modules")),
        validate,
        compile,
        load,
        instantiate,
        live,
        replayed: replay(&chain),
        private_bytes,
        memory_bytes,
    }
}

/// A run of so many activities, all with the result that the workflow expects.
fn driver(sandbox: &Sandbox, module: &Module, steps: usize) -> Driver {
    let mut driver = Driver::new(sandbox, module.clone(), CHAIN, &[&steps.to_string()]);
    driver.activity_result = AttemptResult::Completed(Some(Payload::json("0")));
    driver
}

/// Replays the history; the time of each step.
fn replay(chain: &Driver) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..REPLAYED {
        let mut guest = chain.fresh_guest();
        let mut replay = Replay::default();
        let step = |transition| time(|| replay.step(transition, 1, &mut guest).unwrap());
        times.extend(chain.transitions.iter().map(step));
    }
    times
}

/// What a guest keeps that waits for its second activity: of its own, and as it counts itself.
fn at_rest(sandbox: &Sandbox, module: &Module) -> (usize, usize) {
    let make = || {
        let mut driver = driver(sandbox, module, 3);
        driver.turn().unwrap();
        driver.turn().unwrap();
        driver.guest
    };
    drop(make());
    let before = private_bytes();
    let guests: Vec<Instance> = (0..RESIDENT).map(|_| make()).collect();
    let private = private_bytes().saturating_sub(before) / RESIDENT;
    (private, guests[0].memory_bytes())
}

/// Memory that only this process has.
fn private_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = text.lines().find(|line| line.starts_with("Private_Dirty")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

/// The artifacts in a folder, without the functions that modules share.
fn artifacts(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let artifacts = entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "cwasm"));
    artifacts.map(|entry| entry.metadata().unwrap().len()).sum()
}

fn time<R>(mut work: impl FnMut() -> R) -> Duration {
    let begin = Instant::now();
    drop(work());
    begin.elapsed()
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 0.1 => format!("{seconds:.1} s"),
        seconds if seconds >= 0.001 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{:.1} µs", seconds * 1e6),
    }
}
