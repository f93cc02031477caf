//! Workflows of activities in sequence, next to the model of the limit.

use crate::{
    args::Shape,
    backend::Backend,
    bench::Bench,
    host::{HostOptions, HostProcess},
    load::{self, Outcome},
    model::Model,
    report::{Row, Target},
};

/// What is measured unless other chains are asked for.
const SHAPES: [Shape; 6] = [
    Shape { steps: 1, clients: 64 },
    Shape { steps: 1, clients: 200 },
    Shape { steps: 5, clients: 200 },
    Shape { steps: 10, clients: 64 },
    Shape { steps: 10, clients: 200 },
    Shape { steps: 10, clients: 1 },
];

/// The model is steadier than a host, and gets this part of the time.
const MODEL_SHARE: f64 = 0.5;

/// The fraction of the model that a host should reach.
fn fraction_target(shape: Shape, backend: Backend) -> Option<Target> {
    match (shape.steps, shape.clients) {
        (10, 200) => Some(Target::AtLeast(backend.pick(0.45, 0.37))),
        (1, 200) => Some(Target::AtLeast(0.18)),
        _ => None,
    }
}

/// The time from start to result of a single client, in milliseconds: on a machine that does nothing else.
fn latency_target(shape: Shape, backend: Backend) -> Option<Target> {
    (shape.steps == 10 && shape.clients == 1).then_some(Target::AtMost(backend.pick(3.5, 6.0)))
}

/// The same as a multiple of the model's, which is 2.3 and 4.0 ms there: on any machine.
const LATENCY_TO_MODEL: f64 = 1.5;

pub(crate) async fn run(bench: &Bench, backend: Backend) -> anyhow::Result<()> {
    let host = bench.host(backend, HostOptions::default()).await?;
    let mut model = Model::open(&bench.databases.fresh(backend).await?).await?;
    let shapes = if bench.settings.chains.is_empty() { SHAPES.as_slice() } else { &bench.settings.chains };
    for shape in shapes {
        measure(bench, backend, *shape, &host, &mut model).await?;
    }
    model.close().await;
    host.stop().await
}

async fn measure(
    bench: &Bench,
    backend: Backend,
    shape: Shape,
    host: &HostProcess,
    model: &mut Model,
) -> anyhow::Result<()> {
    let recording = bench.code()?.record("chain", &load::chain(shape.steps, "noop"))?;
    let rounds = if bench.settings.quick { 1 } else { bench.settings.rounds };
    let time = bench.time() / rounds;
    let (mut limit, mut reached) = (Outcome::default(), Outcome::default());
    let mut work = Work::default();
    for _ in 0..rounds {
        limit.after(model.closed_loop(&recording, shape.clients, time.mul_f64(MODEL_SHARE)).await?);
        let before = Work::of(host).await?;
        reached.after(load::closed_loop(host.address(), shape, time).await?);
        work.add(&before, &Work::of(host).await?);
    }
    let (per_second, of_model) = (reached.per_second(), limit.per_second());
    let steps = shape.steps as f64;
    let report = &bench.report;
    report.add(
        Row::new(shape, "workflows", per_second, "/s")
            .on(backend)
            .note("steps", per_second * steps, "/s")
            .note("p99", reached.latencies.p99_ms(), "ms")
            .note("steps a commit", work.steps_per_commit(shape.steps), "")
            .note("a commit", work.commit_ms(), "ms")
            .note("host's processor", work.cpu_micros_per_step(shape.steps), "µs a step"),
    );
    report.add(
        Row::new(shape, "p50", reached.latencies.p50_ms(), "ms")
            .on(backend)
            .target(latency_target(shape, backend))
            .note("of the model", limit.latencies.p50_ms(), "ms"),
    );
    if shape.clients == 1 {
        let multiple = reached.latencies.p50_ms() / limit.latencies.p50_ms();
        let row = Row::new(shape, "p50 to the model's", multiple, "").on(backend);
        report.add(row.target(Target::AtMost(LATENCY_TO_MODEL)));
    }
    report.add(
        Row::new(shape, "fraction of the model", per_second / of_model, "")
            .on(backend)
            .target(fraction_target(shape, backend))
            .note("steps of the model", of_model * steps, "/s"),
    );
    Ok(())
}

/// What a host has done, all in all.
#[derive(Default)]
struct Work {
    cpu_seconds: f64,
    workflows: f64,
    commits: f64,
    commit_seconds: f64,
}

impl Work {
    async fn of(host: &HostProcess) -> anyhow::Result<Self> {
        let metrics = host.client().await?.metrics().await?;
        Ok(Self {
            cpu_seconds: host.usage()?.cpu.as_secs_f64(),
            workflows: metrics.completed(),
            commits: metrics.commits(),
            commit_seconds: metrics.commit_seconds(),
        })
    }

    fn add(&mut self, before: &Self, after: &Self) {
        self.cpu_seconds += after.cpu_seconds - before.cpu_seconds;
        self.workflows += after.workflows - before.workflows;
        self.commits += after.commits - before.commits;
        self.commit_seconds += after.commit_seconds - before.commit_seconds;
    }

    /// Transitions, the start's among them.
    fn steps_per_commit(&self, steps: u64) -> f64 {
        self.workflows * (steps + 1) as f64 / self.commits
    }

    fn commit_ms(&self) -> f64 {
        self.commit_seconds / self.commits * 1e3
    }

    fn cpu_micros_per_step(&self, steps: u64) -> f64 {
        self.cpu_seconds * 1e6 / (self.workflows * steps as f64)
    }
}
