//! Histories that are read from a store and repeated in a fresh guest, as after a restart.

use std::time::Instant;

use anyhow::ensure;
use dalsegno_engine::ids::{EventId, RunId, WorkflowId};
use dalsegno_store::{Batch, Claim, HistoryRow, Item, OpenOptions, RunKey, SharedStore};

use crate::{
    backend::Backend,
    bench::Bench,
    code::{Code, Recording},
    load,
    model::run_id,
    report::{Row, Target},
    stats::Times,
};

/// Lengths in events.
const LENGTHS: [u64; 4] = [100, 1_000, 10_000, 50_000];
/// Events repeated in all, for each length; and how often at least and at most.
const EVENTS: u64 = 200_000;
const TIMES_MIN: u64 = 5;
const TIMES_MAX: u64 = 200;
/// Transitions read at a time, as by a host.
const PAGE: u32 = 1_000;
/// Events per second.
const TARGET: f64 = 300_000.0;

pub(crate) async fn run(bench: &Bench) -> anyhow::Result<()> {
    let code = bench.code()?;
    for length in LENGTHS {
        // A step has two events; start and end are two as well.
        let recording = code.record("chain", &load::chain((length - 2) / 2, "noop"))?;
        for backend in bench.settings.backend.all() {
            measure(bench, *backend, &code, &recording).await?;
        }
    }
    Ok(())
}

async fn measure(bench: &Bench, backend: Backend, code: &Code, recording: &Recording) -> anyhow::Result<()> {
    let store = dalsegno_store::open(&bench.databases.fresh(backend).await?, OpenOptions::default()).await?;
    let run = store_history(&store, recording).await?;
    let events: u64 = recording.steps.iter().map(|step| u64::from(step.row.events)).sum();
    let (mut reads, mut replays, mut both) = (Times::default(), Times::default(), Times::default());
    for _ in 0..bench.count(usize::try_from((EVENTS / events).clamp(TIMES_MIN, TIMES_MAX))?) {
        let begun = Instant::now();
        let rows = read(&store, &run).await?;
        let read = begun.elapsed();
        let repeated = tokio::task::block_in_place(|| code.replay(&recording.info, &rows))?;
        let all = begun.elapsed();
        ensure!(repeated == events, "{repeated} events were repeated, not {events}");
        reads.push(read);
        replays.push(all.saturating_sub(read));
        both.push(all);
    }
    let rate = |times: &Times| events as f64 / times.p50_ms() * 1e3;
    let row = Row::new(format!("replay({events})"), "events", rate(&both), "/s").on(backend);
    let row = row.target(Target::AtLeast(TARGET));
    let row = row.note("without reading", rate(&replays), "/s").note("reading", reads.p50_ms(), "ms");
    bench.report.add(row);
    store.close().await;
    Ok(())
}

/// Stores the recorded run as a host would, but faster.
async fn store_history(store: &SharedStore, recording: &Recording) -> anyhow::Result<RunId> {
    let claim = store.claim("00000000-0000-4000-8000-000000000001", "replay", crate::model::LEASE).await?;
    let Claim::Granted { fence, .. } = claim else { anyhow::bail!("the database is in use: {claim:?}") };
    let id = run_id(1);
    let key = RunKey {
        namespace: recording.info.namespace.clone(),
        workflow_id: WorkflowId::new(&id),
        run_id: RunId::new(&id),
    };
    let mut new = Some(recording.new.clone());
    for (number, rows) in (1..).zip(recording.rows().chunks(PAGE as usize)) {
        let item = Item { new: new.take(), history: rows.to_vec(), ..Item::of(key.clone()) };
        store.commit(&fence, &Batch { number, items: vec![item] }).await?;
    }
    Ok(key.run_id)
}

async fn read(store: &SharedStore, run: &RunId) -> anyhow::Result<Vec<HistoryRow>> {
    let mut rows: Vec<HistoryRow> = Vec::new();
    let mut from: EventId = 1;
    loop {
        let page = store.history(run, from, PAGE).await?;
        let full = page.len() == PAGE as usize;
        rows.extend(page);
        match rows.last() {
            Some(last) if full => from = last.first_event_id + u64::from(last.events),
            _ => return Ok(rows),
        }
    }
}
