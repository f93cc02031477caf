//! Measures what guests cost: `cargo run --release -p dalsegno-sandbox --example guest_cost`.
//!
//! Needs the guests that `tests/toolchain/guests` builds.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on panics")]
#![expect(clippy::print_stdout, reason = "its output is the purpose")]

#[expect(dead_code, reason = "made for the tests")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use dalsegno_engine::replay::Replay;
use dalsegno_sandbox::{Instance, Module, Sandbox, SandboxConfig};
use support::{Driver, TestSandbox, guest, run_info, started};

const STEPS: usize = 1_000;
const INSTANCES: usize = 1_000;

fn main() {
    let test = TestSandbox::with(|config: &mut SandboxConfig| config.instances_max = 4_096);
    let bytes = guest("chain");
    let digest = Sandbox::digest(&bytes);
    report("validate", once(|| test.sandbox.validate(&bytes).unwrap()));
    report("compile", once(|| test.sandbox.compile(&digest, &bytes).unwrap()));
    let begin = Instant::now();
    let module = test.sandbox.load(&digest).unwrap().unwrap();
    report("load", vec![begin.elapsed()]);
    let info = || run_info(started(&digest, "chain", &[]));
    report(
        "instantiate and drop",
        (0..INSTANCES).map(|_| time(|| test.sandbox.instantiate(&module, info()))).collect(),
    );

    let input = format!("{{\"steps\": {STEPS}}}");
    let begin = Instant::now();
    let mut chain = Driver::new(&test.sandbox, module.clone(), "chain", &[&input]);
    chain.finish().unwrap();
    report("activation, with the engine's share", vec![begin.elapsed() / STEPS as u32]);
    report("replay of one activation", replay(&chain));
    resident(&test.sandbox, &module);
}

/// Replays the history ten times; the time of each step.
fn replay(chain: &Driver) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..10 {
        let mut guest = chain.fresh_guest();
        let mut replay = Replay::default();
        let step = |transition| time(|| replay.step(transition, 1, &mut guest).unwrap());
        times.extend(chain.transitions.iter().map(step));
    }
    times
}

/// What a guest keeps that waits for an activity.
fn resident(sandbox: &Sandbox, module: &Module) {
    let make = || {
        let mut driver = Driver::new(sandbox, module.clone(), "chain", &["{\"steps\": 3}"]);
        driver.turn().unwrap();
        driver.turn().unwrap();
        driver.guest
    };
    drop(make());
    let before = private_bytes();
    let guests: Vec<Instance> = (0..INSTANCES).map(|_| make()).collect();
    let private = (private_bytes() - before) / INSTANCES;
    println!("{:<40} {:>10} KiB private", "resident guest at rest", private >> 10);
    println!("{:<40} {:>10} KiB", "its memory_bytes()", guests[0].memory_bytes() >> 10);
}

/// Memory that only this process has.
fn private_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = text.lines().find(|line| line.starts_with("Private_Dirty")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

fn once(work: impl FnMut()) -> Vec<Duration> {
    vec![time(work)]
}

fn time<R>(mut work: impl FnMut() -> R) -> Duration {
    let begin = Instant::now();
    drop(work());
    begin.elapsed()
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let micros = |time: Duration| time.as_nanos() as f64 / 1e3;
    let median = micros(times[times.len() / 2]);
    let p99 = micros(times[times.len() * 99 / 100]);
    println!("{what:<40} {median:>10.1} µs median {p99:>10.1} µs p99");
}
