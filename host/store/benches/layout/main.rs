//! How histories are best stored: a row for each transition or for each event, and in which encoding.
//!
//! `cargo bench -p dalsegno-store --bench layout` prints three tables: what the encodings cost by themselves, what
//! the layouts cost on both databases, and what the store does as it is. Rounds are interleaved and medians shown,
//! because the machine's speed drifts: compare within a table.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints, and fails by panicking"
)]

mod cpu;
mod databases;
mod encodings;
mod steps;
mod store;

use std::time::{Duration, Instant};

use databases::{Bench, Layout};
use encodings::Encoding;

/// Steps that one commit stores: what 200 clients in a chain of steps give.
const STEPS_PER_COMMIT: u32 = 200;
/// Steps of each run, hence rows that are read together.
const STEPS_PER_RUN: u32 = 10;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1500);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    encodings::print_table();
    layouts().await;
    store::print_tables().await;
}

/// A layout in an encoding on a database, with what was measured.
struct Case {
    bench: Bench,
    steps_per_second: Vec<f64>,
    cpu_micros: Vec<f64>,
    read_micros: Vec<f64>,
}

async fn layouts() {
    let mut cases = Vec::new();
    for layout in [Layout::Transitions, Layout::Events] {
        for encoding in Encoding::ALL {
            for bench in [Bench::sqlite(layout, encoding).await, Bench::postgres(layout, encoding).await] {
                let (steps_per_second, cpu_micros, read_micros) = Default::default();
                cases.push(Case { bench, steps_per_second, cpu_micros, read_micros });
            }
        }
    }
    for _ in 0..ROUNDS {
        for case in &mut cases {
            case.round().await;
        }
    }
    println!(
        "\n## Layouts: commits of {STEPS_PER_COMMIT} steps of two events, histories of {STEPS_PER_RUN} steps\n"
    );
    println!(
        "| database | row for each | encoding | steps/s | CPU a step, µs | bytes a step | read a history, µs |"
    );
    println!("|---|---|---|---|---|---|---|");
    cases.sort_by_key(|case| case.bench.name());
    for case in &mut cases {
        let bytes = case.bench.bytes_per_step().await;
        let (steps, cpu) = (median(&mut case.steps_per_second), median(&mut case.cpu_micros));
        let read = median(&mut case.read_micros);
        println!("| {} | {steps:.0} | {cpu:.1} | {bytes:.0} | {read:.0} |", case.bench.name());
    }
}

impl Case {
    async fn round(&mut self) {
        let (start, cpu) = (Instant::now(), self.bench.processes.seconds());
        let mut steps = 0;
        while start.elapsed() < ROUND {
            steps += self.bench.commit().await;
        }
        self.steps_per_second.push(f64::from(steps) / start.elapsed().as_secs_f64());
        self.cpu_micros.push((self.bench.processes.seconds() - cpu) * 1e6 / f64::from(steps));
        let start = Instant::now();
        let reads = 200;
        for _ in 0..reads {
            self.bench.read().await;
        }
        self.read_micros.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(reads));
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
