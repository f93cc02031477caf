//! Items of batches, in few words.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Payload, Status, Timestamp,
    attempts::RowChange,
    ids::{ModuleDigest, Namespace, RunId, WorkflowId, WorkflowType},
    message::MessageId,
    run::Summary,
    trouble::Blocked,
};
use dalsegno_store::{
    Attributes, Batch, Fence, HistoryRow, Item, ItemOutcome, MessageRow, NewRun, RunKey, SharedStore,
    UpdateRow,
};

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

/// A message of a run to a workflow id, from an event of its.
pub(crate) fn message(sender: &RunKey, event: u64, to: &str) -> MessageRow {
    MessageRow {
        id: MessageId { sender: sender.run_id.clone(), event, kind: 0 },
        namespace: namespace(),
        workflow_id: WorkflowId::new(to),
        run_id: None,
        data: format!("message of {event}").into_bytes().into(),
    }
}

/// The outcome of an update.
pub(crate) fn update(run: &RunKey, update_id: &str) -> UpdateRow {
    let data = format!("outcome of {update_id} by {}", run.run_id).into_bytes();
    UpdateRow { update_id: update_id.to_owned(), run_id: run.run_id.clone(), data: data.into() }
}

/// A memo and a search attribute that say a text.
pub(crate) fn attributes(text: &str) -> Attributes {
    let json = format!("{text:?}");
    Attributes {
        memo: BTreeMap::from([("note".to_owned(), Payload::json(json.clone()))]),
        search_attributes: BTreeMap::from([("Note".to_owned(), typed("keyword", &json))]),
    }
}

/// The value of a search attribute.
pub(crate) fn typed(name: &'static str, json: &str) -> Payload {
    let mut payload = Payload::json(json.to_owned());
    payload.metadata.insert("type".to_owned(), name.into());
    payload
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
