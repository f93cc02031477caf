//! What is written together.

use bytes::Bytes;
use dalsegno_engine::{
    Timestamp,
    attempts::RowChange,
    ids::{EventId, ModuleDigest, RequestId, WorkflowType},
    message::MessageId,
    run::Summary,
};

use crate::{Attributes, MessageRow, RunKey, UpdateRow, changes};

/// Changes of many runs, stored in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// One more than that of the batch before it under the same fence; the first is 1.
    pub number: u64,
    /// In the order of being made; at most one for each run, successors counted.
    pub items: Vec<Item>,
}

/// What one batch changes of one run.
#[derive(Debug, Clone)]
pub struct Item {
    /// Which run.
    pub run: RunKey,
    /// Present if this batch begins the run.
    pub new: Option<NewRun>,
    /// New transitions, in order.
    pub history: Vec<HistoryRow>,
    /// What the run looks like afterwards; absent if as before.
    pub summary: Option<Summary>,
    /// Changed attempts.
    pub activities: Vec<RowChange>,
    /// What the run says of itself afterwards; absent if as before.
    pub attributes: Option<Attributes>,
    /// Messages that it sends.
    pub outbox: Vec<MessageRow>,
    /// Messages that it has taken. They have to be there, and are not any more afterwards.
    pub consumed: Vec<MessageId>,
    /// Updates that came to an outcome; the first outcome of an update stays.
    pub updates: Vec<UpdateRow>,
    /// The run of the same workflow id that begins with this one's end. It has no successor itself.
    pub successor: Option<Box<Item>>,
}

impl Item {
    /// An item that changes nothing.
    #[must_use]
    pub fn of(run: RunKey) -> Self {
        Self {
            run,
            new: None,
            history: Vec::new(),
            summary: None,
            activities: Vec::new(),
            attributes: None,
            outbox: Vec::new(),
            consumed: Vec::new(),
            updates: Vec::new(),
            successor: None,
        }
    }
}

/// What is known of a run when it begins.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its code.
    pub workflow_type: WorkflowType,
    /// The module its code is in.
    pub module: ModuleDigest,
    /// When it began.
    pub start_time: Timestamp,
    /// The client's mark on the request.
    pub request_id: Option<RequestId>,
}

/// One transition, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The place of its first event.
    pub first_event_id: EventId,
    /// How many events it has.
    pub events: u32,
    /// The number of its activation.
    pub activation: u64,
    /// Whether that was made, or the inputs only accepted.
    pub activated: bool,
    /// When.
    pub time: Timestamp,
    /// The encoded transition.
    pub data: Bytes,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemOutcome {
    /// Stored.
    Committed,
    /// Left out: its workflow id has an open run.
    WorkflowIdTaken,
    /// Left out: it does not fit to what is stored. The run has a transition at this place already, or lacks the one
    /// before; it is closed; or a message that it takes is not there, or one that it sends is there already.
    HistoryConflict,
}

/// The last batch stored under a fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastBatch {
    /// Its number; 0 if there is none yet.
    pub number: u64,
    /// What the database made of its items, in their order; empty if it stored all that came to it.
    pub left_out: Vec<ItemOutcome>,
}

impl LastBatch {
    /// What became of each item, if `batch` is this one: the same as the reply to its commit tells.
    #[must_use]
    pub fn outcomes(&self, batch: &Batch) -> Vec<ItemOutcome> {
        outcomes(self.left_out.clone(), batch.items.len(), changes::conflicting(&batch.items))
    }
}

/// What became of each item: what the database tells, and which items never came to it. One that it does not tell
/// of counts as left out, so that nothing is taken for stored by mistake.
pub(crate) fn outcomes(
    left_out: Vec<ItemOutcome>,
    items: usize,
    conflicting: Vec<usize>,
) -> Vec<ItemOutcome> {
    let mut outcomes = if left_out.is_empty() { vec![ItemOutcome::Committed; items] } else { left_out };
    outcomes.resize(items, ItemOutcome::HistoryConflict);
    for item in conflicting {
        outcomes[item] = ItemOutcome::HistoryConflict;
    }
    outcomes
}
