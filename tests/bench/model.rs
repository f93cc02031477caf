//! The model of the limit: what is left of a host without WebAssembly, HTTP and activities.
//!
//! One writer gathers the steps of all runs while the last batch is being written, and stores them by the statements
//! of the real committer: the fence, history rows, and the rows of runs where they change. The rows are those of a
//! real run of the same workflow, byte for byte but for ids.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dalsegno_engine::{
    Millis,
    ids::{RunId, WorkflowId},
};
use dalsegno_store::{Batch, Claim, Fence, Item, ItemOutcome, OpenOptions, RunKey, SharedStore};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use crate::{
    code::Recording,
    load::{Outcome, Window},
    stats::Times,
};

/// Steps of one batch at most, as in the real committer.
const BATCH_STEPS_MAX: usize = 1_024;
/// Longer than any benchmark.
pub(crate) const LEASE: Millis = Millis::from_secs(24 * 3600);

/// A store under the model's own fence.
pub(crate) struct Model {
    store: SharedStore,
    fence: Fence,
    batches: u64,
    runs: u64,
    /// Of each batch.
    pub(crate) commits: Times,
}

/// A step that waits to be stored.
struct Step {
    item: Item,
    stored: oneshot::Sender<()>,
}

impl Model {
    pub(crate) async fn open(database: &str) -> anyhow::Result<Self> {
        let store = dalsegno_store::open(database, OpenOptions::default()).await?;
        let claim = store.claim("00000000-0000-4000-8000-000000000001", "model", LEASE).await?;
        let Claim::Granted { fence, .. } = claim else { anyhow::bail!("the database is in use: {claim:?}") };
        Ok(Self { store, fence, batches: 0, runs: 0, commits: Times::default() })
    }

    /// Clients that each go through a recorded run, again and again.
    pub(crate) async fn closed_loop(
        &mut self,
        recording: &Recording,
        clients: usize,
        time: Duration,
    ) -> anyhow::Result<Outcome> {
        let window = Window::of(time);
        let (queue, steps) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for _ in 0..clients {
            self.runs += 1;
            let items = items(recording);
            let first = self.runs << 32;
            tasks.spawn(client(items, first, queue.clone(), window));
        }
        drop(queue);
        self.write(steps).await?;
        let mut outcome = window.outcome();
        while let Some(client) = tasks.join_next().await {
            outcome.beside(client??);
        }
        Ok(outcome)
    }

    /// The one writer.
    async fn write(&mut self, mut queue: mpsc::UnboundedReceiver<Step>) -> anyhow::Result<()> {
        let mut steps = Vec::with_capacity(BATCH_STEPS_MAX);
        while queue.recv_many(&mut steps, BATCH_STEPS_MAX).await > 0 {
            let (items, waiting): (Vec<Item>, Vec<_>) =
                steps.drain(..).map(|step| (step.item, step.stored)).unzip();
            self.batches += 1;
            let begun = Instant::now();
            let outcomes = self.store.commit(&self.fence, &Batch { number: self.batches, items }).await?;
            self.commits.push(begun.elapsed());
            ensure!(outcomes.iter().all(|outcome| *outcome == ItemOutcome::Committed), "{outcomes:?}");
            for stored in waiting {
                // A client that was cancelled waits for nothing.
                let _ = stored.send(());
            }
        }
        Ok(())
    }

    pub(crate) async fn close(self) {
        self.store.close().await;
    }
}

/// What a recorded run stores, step by step.
pub(crate) fn items(recording: &Recording) -> Vec<Item> {
    let info = &recording.info;
    let key = RunKey {
        namespace: info.namespace.clone(),
        workflow_id: info.started.workflow_id.clone(),
        run_id: info.run_id.clone(),
    };
    let mut new = Some(recording.new.clone());
    let items = recording.steps.iter().map(|step| Item {
        new: new.take(),
        history: vec![step.row.clone()],
        summary: step.summary.clone(),
        ..Item::of(key.clone())
    });
    items.collect()
}

async fn client(
    items: Vec<Item>,
    first: u64,
    queue: mpsc::UnboundedSender<Step>,
    window: Window,
) -> anyhow::Result<Outcome> {
    let mut outcome = window.outcome();
    let mut run = first;
    while !window.is_over() {
        let begun = Instant::now();
        run += 1;
        let id = run_id(run);
        for item in &items {
            let mut item = item.clone();
            item.run.workflow_id = WorkflowId::new(&id);
            item.run.run_id = RunId::new(&id);
            let (stored, wait) = oneshot::channel();
            queue.send(Step { item, stored }).ok().context("the writer has ended")?;
            wait.await.context("the writer has ended")?;
        }
        outcome.finished(window, begun);
    }
    Ok(outcome)
}

/// A run id that looks like the real ones: later ones are greater, as far as one client goes.
pub(crate) fn run_id(number: u64) -> String {
    let millis = u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis()).unwrap_or(0);
    let (high, low) = (millis >> 16 & 0xffff_ffff, millis & 0xffff);
    let (client, run) = (number >> 32 & 0xffff, number & 0xffff_ffff);
    format!("{high:08x}-{low:04x}-7000-8{:03x}-{:04x}{run:08x}", client >> 16 & 0xfff, client & 0xffff)
}
