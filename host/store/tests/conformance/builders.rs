//! Items of batches, in few words.

use dalsegno_engine::{
    Status, Timestamp,
    attempts::RowChange,
    ids::{ModuleDigest, Namespace, RunId, WorkflowId, WorkflowType},
    run::Summary,
    trouble::Blocked,
};
use dalsegno_store::{Batch, Fence, HistoryRow, Item, ItemOutcome, NewRun, RunKey, SharedStore};

pub(crate) fn namespace() -> Namespace {
    Namespace::new("default")
}

pub(crate) fn digest(number: u8) -> ModuleDigest {
    ModuleDigest::new(format!("sha256:{}", format!("{number:02x}").repeat(32)))
}

pub(crate) fn time(micros: u64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// A run's name. Later runs have greater numbers, as they have later ids.
pub(crate) fn key(workflow_id: &str, run: u32) -> RunKey {
    RunKey { namespace: namespace(), workflow_id: WorkflowId::new(workflow_id), run_id: run_id(run) }
}

pub(crate) fn run_id(number: u32) -> RunId {
    RunId::new(format!("00000000-0000-7000-8000-{number:012x}"))
}

pub(crate) fn open_until(wake_at: Option<u64>) -> Summary {
    Summary { status: Status::Running, close_time: None, wake_at: wake_at.map(time), blocked: None }
}

pub(crate) fn closed(status: Status) -> Summary {
    Summary { status, close_time: Some(time(9_000)), wake_at: None, blocked: None }
}

pub(crate) fn blocked(reason: &str) -> Summary {
    let blocked = Blocked { reason: reason.to_owned(), since: time(5_000) };
    Summary { blocked: Some(blocked), ..open_until(None) }
}

/// A transition of two events.
pub(crate) fn row(first_event_id: u64) -> HistoryRow {
    rows(first_event_id, 2)
}

pub(crate) fn rows(first_event_id: u64, events: u32) -> HistoryRow {
    HistoryRow {
        first_event_id,
        events,
        activation: first_event_id.div_ceil(2),
        activated: true,
        time: time(1_000 + first_event_id),
        data: format!("transition at {first_event_id}").into_bytes().into(),
    }
}

/// The start of a run, with its first transition.
pub(crate) fn start(run: &RunKey) -> Item {
    Item {
        new: Some(NewRun {
            workflow_type: WorkflowType::new("order"),
            module: digest(1),
            start_time: time(1_000),
            request_id: None,
        }),
        history: vec![row(1)],
        summary: Some(open_until(Some(0))),
        ..Item::of(run.clone())
    }
}

/// A further transition, and nothing else.
pub(crate) fn step(run: &RunKey, first_event_id: u64) -> Item {
    Item { history: vec![row(first_event_id)], ..Item::of(run.clone()) }
}

/// A change of attempts, and nothing else.
pub(crate) fn attempts(run: &RunKey, activities: Vec<RowChange>) -> Item {
    Item { activities, ..Item::of(run.clone()) }
}

pub(crate) trait With {
    fn with(self, summary: Summary) -> Self;
}

impl With for Item {
    fn with(self, summary: Summary) -> Self {
        Self { summary: Some(summary), ..self }
    }
}

/// Commits, and says what became of each item.
pub(crate) async fn commit(
    store: &SharedStore,
    fence: &Fence,
    number: u64,
    items: Vec<Item>,
) -> Vec<ItemOutcome> {
    store.commit(fence, &Batch { number, items }).await.unwrap()
}

/// Commits what fits.
pub(crate) async fn stored(store: &SharedStore, fence: &Fence, number: u64, items: Vec<Item>) {
    let outcomes = commit(store, fence, number, items).await;
    assert!(outcomes.iter().all(|outcome| *outcome == ItemOutcome::Committed), "{outcomes:?}");
}
