//! What the store does as it is, with the fence, the checks and the rows of runs.

use std::time::{Duration, Instant};

use dalsegno_engine::{
    Status, Timestamp,
    ids::{ModuleDigest, Namespace, RunId, WorkflowId, WorkflowType},
    run::Summary,
    time::Millis,
};
use dalsegno_store::{
    Batch, Claim, Fence, HistoryRow, Item, ItemOutcome, NewRun, OpenOptions, RunKey, SharedStore, open,
    testing::TestPostgres,
};
use uuid::Uuid;

use crate::{cpu::Processes, median, steps::step};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(1);

/// Chains of so many steps, so many at a time.
#[derive(Clone, Copy)]
struct Workload {
    steps: u64,
    runs: usize,
}

struct Case {
    name: &'static str,
    store: SharedStore,
    fence: Fence,
    workload: Workload,
    /// The runs under way, and how far each is.
    runs: Vec<(RunKey, u64)>,
    next_run: u128,
    batch: u64,
    transitions_per_second: Vec<f64>,
    commit_micros: Vec<f64>,
    processes: Processes,
    cpu_micros: Vec<f64>,
}

pub(crate) async fn print_tables() {
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for (steps, runs) in [(10, 1), (10, 10), (10, 64), (10, 200), (10, 1_000), (1, 200)] {
        let workload = Workload { steps, runs };
        let file = format!("sqlite:{}/{steps}-{runs}.db", folder.path().display());
        cases.push(Case::new("SQLite", &file, workload).await);
        let url = TestPostgres::shared().unwrap().database().await.unwrap();
        cases.push(Case::new("Postgres", &url, workload).await);
    }
    for _ in 0..ROUNDS {
        for case in &mut cases {
            case.round().await;
        }
    }
    println!("\n## The store: a start, steps and an end of each run\n");
    println!(
        "| database | steps a run | runs at a time | transitions/s | runs/s | a commit, µs | CPU a transition, µs |"
    );
    println!("|---|---|---|---|---|---|---|");
    for case in &mut cases {
        let Workload { steps, runs } = case.workload;
        let (rate, commit) = (median(&mut case.transitions_per_second), median(&mut case.commit_micros));
        let (name, cpu) = (case.name, median(&mut case.cpu_micros));
        println!(
            "| {name} | {steps} | {runs} | {rate:.0} | {:.0} | {commit:.0} | {cpu:.1} |",
            rate / (steps + 1) as f64
        );
    }
    println!("\n## The store: reading a history of 11 transitions, 22 events\n");
    println!("| database | µs |\n|---|---|");
    for case in cases.iter().filter(|case| case.workload.runs == 200 && case.workload.steps == 10) {
        println!("| {} | {:.0} |", case.name, case.read().await);
    }
}

impl Case {
    async fn new(name: &'static str, url: &str, workload: Workload) -> Self {
        let store = open(url, OpenOptions::default()).await.unwrap();
        let claim = store.claim("bench", "here", Millis::from_secs(600)).await.unwrap();
        let Claim::Granted { fence, .. } = claim else { panic!("{claim:?}") };
        let mut case = Self {
            name,
            store,
            fence,
            workload,
            runs: Vec::new(),
            next_run: 0,
            batch: 0,
            transitions_per_second: Vec::new(),
            commit_micros: Vec::new(),
            processes: Processes::own(),
            cpu_micros: Vec::new(),
        };
        case.runs = (0..workload.runs).map(|_| (case.new_run(), 0)).collect();
        // Opens the connection that commits.
        case.round_of(Duration::ZERO).await;
        if url.starts_with("postgres") {
            case.processes = Processes::with_sessions(url).await;
        }
        case
    }

    fn new_run(&mut self) -> RunKey {
        let number = self.next_run;
        self.next_run += 1;
        let uuid = Uuid::from_u128((0x0190_0000_0000 + number / 4) << 80 | number);
        RunKey {
            namespace: Namespace::new("default"),
            workflow_id: WorkflowId::new(format!("order-{number}")),
            run_id: RunId::new(uuid.hyphenated().to_string()),
        }
    }

    async fn round(&mut self) {
        let cpu = self.processes.seconds();
        let (transitions, commits, seconds) = self.round_of(ROUND).await;
        let cpu = self.processes.seconds() - cpu;
        self.transitions_per_second.push(transitions / seconds);
        self.commit_micros.push(seconds * 1e6 / commits);
        self.cpu_micros.push(cpu * 1e6 / transitions);
    }

    /// Commits for so long, at least once; tells transitions, commits and seconds.
    async fn round_of(&mut self, time: Duration) -> (f64, f64, f64) {
        let (start, mut transitions, mut commits) = (Instant::now(), 0, 0);
        loop {
            let items = self.items();
            transitions += items.len();
            commits += 1;
            self.batch += 1;
            let batch = Batch { number: self.batch, items };
            let outcomes = self.store.commit(&self.fence, &batch).await.unwrap();
            assert!(outcomes.iter().all(|outcome| *outcome == ItemOutcome::Committed));
            if start.elapsed() >= time {
                return (transitions as f64, f64::from(commits), start.elapsed().as_secs_f64());
            }
        }
    }

    /// The next transition of each run. A run of n steps has n + 1: the start asks for the first step, and each
    /// result for the next, or the end.
    fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::with_capacity(self.runs.len());
        for place in 0..self.runs.len() {
            let (run, done) = self.runs[place].clone();
            items.push(item(run, done, done == self.workload.steps));
            self.runs[place].1 += 1;
            if done == self.workload.steps {
                self.runs[place] = (self.new_run(), 0);
            }
        }
        items
    }

    async fn read(&self) -> f64 {
        let finished = self.next_run - 2 * self.workload.runs as u128;
        let mut rounds = Vec::new();
        for round in 0..2_000_u128 {
            let number = round * 7_919 % finished;
            let uuid = Uuid::from_u128((0x0190_0000_0000 + number / 4) << 80 | number);
            let run = RunId::new(uuid.hyphenated().to_string());
            let start = Instant::now();
            assert_eq!(self.store.history(&run, 1, 1_000).await.unwrap().len(), 11);
            rounds.push(start.elapsed().as_secs_f64() * 1e6);
        }
        median(&mut rounds)
    }
}

fn item(run: RunKey, done: u64, last: bool) -> Item {
    let step = step(done + 1);
    let summary = |status, close_time, wake_at| Summary { status, close_time, wake_at, blocked: None };
    let summary = match (done, last) {
        (0, _) => Some(summary(Status::Running, None, Some(Timestamp::MIN))),
        (_, true) => Some(summary(Status::Completed, Some(step.time), None)),
        _ => None,
    };
    let new = (done == 0).then(|| NewRun {
        workflow_type: WorkflowType::new("order"),
        module: ModuleDigest::new(format!("sha256:{}", "ab".repeat(32))),
        start_time: step.time,
        request_id: None,
    });
    let row = HistoryRow {
        first_event_id: step.first_event_id,
        events: 2,
        activation: step.activation,
        activated: true,
        time: step.time,
        data: step.encode().into(),
    };
    Item { new, history: vec![row], summary, ..Item::of(run) }
}
