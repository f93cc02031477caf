//! The one writer: stores the steps of many runs in one transaction, and hands on what follows from them.
//!
//! While one batch is being written the next one gathers, so there is nothing to tune. The committer is a
//! task of its own: no client that hangs up can drop a transaction half-way.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use dalsegno_engine::{
    Timestamp,
    event::UpdateOutcome,
    ids::RunId,
    message::Message as Letter,
    run::{Accepted, Effect, Refusal},
};
use dalsegno_sandbox::Telemetry;
use dalsegno_store::{Batch, CommitError, Fence, Item, ItemOutcome, SharedStore};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    handle::RunHandle,
    message::{Lost, Reply},
    under_way::Busy,
    waiters::Closed,
};
use crate::telemetry::metrics::Metrics;

/// Steps of one batch at most.
const BATCH_STEPS_MAX: usize = 1_024;
/// Bytes of history of one batch, beyond which it takes no further step.
const BATCH_BYTES_MAX: usize = 32 << 20;
/// Waits between attempts to reach the database again.
const RECONNECT_FIRST: Duration = Duration::from_millis(50);
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// An answer that waits for a step to become durable.
#[derive(Debug)]
pub(crate) struct Ack {
    pub(crate) reply: Reply,
    pub(crate) answer: Result<Accepted, Refusal>,
}

/// What one turn of a run hands to the committer.
pub(crate) struct StoredStep {
    pub(crate) handle: Arc<RunHandle>,
    pub(crate) item: Item,
    pub(crate) after: AfterCommit,
}

/// What follows once a step is durable.
#[derive(Default)]
pub(crate) struct AfterCommit {
    pub(crate) acks: Vec<Ack>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) telemetry: Vec<Telemetry>,
    pub(crate) closed: Option<Arc<Closed>>,
    /// The run that begins with this one's end.
    pub(crate) successor: Option<Arc<RunHandle>>,
    /// That run does not follow from this one: a client has put it in its place.
    pub(crate) is_replaced: bool,
    /// What the run says to others.
    pub(crate) outbox: Vec<Letter>,
    /// Updates that came to an outcome.
    pub(crate) updates: Vec<(String, UpdateOutcome)>,
    pub(crate) has_events: bool,
    /// The wake-up time that the step stores, if it is beyond the horizon.
    pub(crate) wakes_later_at: Option<Timestamp>,
    /// From the hand-over to the end of what follows.
    pub(crate) busy: Busy,
}

impl StoredStep {
    /// Adds a later step of the same run: the two are stored as one.
    pub(crate) fn add(&mut self, later: Self) {
        let stands_anew = later.item.summary.is_some();
        merge(&mut self.item, later.item);
        let AfterCommit {
            acks,
            effects,
            telemetry,
            closed,
            successor,
            is_replaced,
            outbox,
            updates,
            has_events,
            wakes_later_at,
            busy: _,
        } = later.after;
        let after = &mut self.after;
        after.acks.extend(acks);
        // Nothing begins that the end of the run would have to stop at once.
        if closed.is_some() {
            after.effects.clear();
        }
        after.effects.extend(effects);
        after.telemetry.extend(telemetry);
        after.closed = closed.or(after.closed.take());
        after.successor = successor.or(after.successor.take());
        after.is_replaced |= is_replaced;
        after.outbox.extend(outbox);
        after.updates.extend(updates);
        after.has_events |= has_events;
        if stands_anew {
            after.wakes_later_at = wakes_later_at;
        }
    }
}

/// A step, and what became of it.
pub(crate) struct Decided {
    pub(crate) handle: Arc<RunHandle>,
    pub(crate) after: AfterCommit,
    pub(crate) outcome: Result<(), Lost>,
}

pub(crate) struct Committer {
    pub(crate) store: SharedStore,
    pub(crate) fence: Fence,
    pub(crate) batches: u64,
    pub(crate) decided: mpsc::UnboundedSender<Vec<Decided>>,
    pub(crate) metrics: Arc<Metrics>,
    /// Cancelled when the runs are not this host's any more.
    pub(crate) stopped: CancellationToken,
}

/// Steps whose items went into one.
struct Group {
    item: Item,
    steps: Vec<(Arc<RunHandle>, AfterCommit)>,
}

impl Committer {
    /// Commits steps in the order they come, until there will be no more.
    pub(crate) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<StoredStep>) {
        let mut steps = Vec::with_capacity(BATCH_STEPS_MAX);
        let stopped = self.stopped.clone();
        loop {
            let taken = tokio::select! {
                taken = queue.recv_many(&mut steps, BATCH_STEPS_MAX) => taken,
                () = stopped.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
            };
            if taken == 0 {
                return;
            }
            while !steps.is_empty() {
                let (groups, mut decided) = fold(&mut steps);
                decided.extend(self.decide(groups).await);
                if self.decided.send(decided).is_err() {
                    return;
                }
            }
        }
    }

    async fn decide(&mut self, groups: Vec<Group>) -> Vec<Decided> {
        let (items, steps): (Vec<Item>, Vec<_>) =
            groups.into_iter().map(|group| (group.item, group.steps)).unzip();
        let outcomes = self.store_items(items).await;
        let decided = steps.into_iter().zip(outcomes).flat_map(|(steps, outcome)| {
            steps.into_iter().map(move |(handle, after)| Decided { handle, after, outcome: outcome.clone() })
        });
        let decided: Vec<Decided> = decided.collect();
        for Decided { handle, outcome, .. } in &decided {
            if let Err(lost) = outcome {
                handle.lose(lost.clone());
            }
        }
        decided
    }

    /// Stores items; one whose data the database refuses is found by halving, so the others are stored.
    async fn store_items(&mut self, items: Vec<Item>) -> Vec<Result<(), Lost>> {
        if self.stopped.is_cancelled() {
            return items.iter().map(|_| Err(Lost::NotOwner)).collect();
        }
        if items.iter().all(is_empty) {
            return items.iter().map(|_| Ok(())).collect();
        }
        match self.store_batch(&items).await {
            Ok(outcomes) => outcomes.into_iter().map(outcome).collect(),
            Err(CommitError::BadData(problem)) if items.len() == 1 => vec![Err(Lost::Refused(problem))],
            Err(CommitError::BadData(_)) => {
                let mut first = items;
                let second = first.split_off(first.len() / 2);
                let mut outcomes = Box::pin(self.store_items(first)).await;
                outcomes.extend(Box::pin(self.store_items(second)).await);
                outcomes
            }
            Err(_) => items.iter().map(|_| Err(Lost::NotOwner)).collect(),
        }
    }

    /// Stores one batch, however often the connection breaks.
    ///
    /// # Errors
    /// [`CommitError::BadData`] or [`CommitError::FenceLost`]; nothing is stored.
    async fn store_batch(&mut self, items: &[Item]) -> Result<Vec<ItemOutcome>, CommitError> {
        let batch = Batch { number: self.batches + 1, items: items.to_vec() };
        let begun = Instant::now();
        let mut wait = RECONNECT_FIRST;
        loop {
            let result = match self.store.commit(&self.fence, &batch).await {
                Err(CommitError::Unavailable(problem)) => {
                    tracing::warn!(%problem, batch = batch.number, "a batch is not known to be stored; asking the database");
                    self.metrics.commit_retries.inc();
                    match self.find_out(&batch).await {
                        Ok(Some(outcomes)) => Ok(outcomes),
                        Ok(None) => {
                            self.pause(&mut wait).await?;
                            continue;
                        }
                        Err(error) => Err(error),
                    }
                }
                result => result,
            };
            match &result {
                Ok(_) => {
                    self.batches = batch.number;
                    self.metrics.commit(begun.elapsed(), items.len());
                }
                Err(CommitError::FenceLost) => self.lose(),
                Err(_) => {}
            }
            return result;
        }
    }

    /// What became of a batch whose reply was lost; absent if it is not stored.
    async fn find_out(&self, batch: &Batch) -> Result<Option<Vec<ItemOutcome>>, CommitError> {
        let mut wait = RECONNECT_FIRST;
        loop {
            match self.store.last_batch(&self.fence).await {
                Ok(last) if last.number == batch.number => return Ok(Some(last.outcomes(batch))),
                Ok(last) if last.number + 1 == batch.number => return Ok(None),
                Ok(last) => {
                    tracing::error!(
                        last = last.number,
                        batch = batch.number,
                        "the database is not where this host left it; a backup may have been restored"
                    );
                    return Err(CommitError::FenceLost);
                }
                Err(CommitError::Unavailable(problem)) => {
                    tracing::warn!(%problem, wait_ms = wait.as_millis(), "the database does not answer; trying again");
                    self.pause(&mut wait).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits before the database is asked again, longer each time.
    ///
    /// # Errors
    /// [`CommitError::FenceLost`]: there is no point in asking any more.
    async fn pause(&self, wait: &mut Duration) -> Result<(), CommitError> {
        tokio::select! {
            () = tokio::time::sleep(*wait) => {}
            () = self.stopped.cancelled() => return Err(CommitError::FenceLost),
        }
        *wait = (*wait * 2).min(RECONNECT_MAX);
        Ok(())
    }

    fn lose(&self) {
        tracing::error!("this host does not own its runs any more; what it had not stored is dropped");
        self.stopped.cancel();
    }
}

fn outcome(outcome: ItemOutcome) -> Result<(), Lost> {
    match outcome {
        ItemOutcome::Committed => Ok(()),
        ItemOutcome::WorkflowIdTaken => Err(Lost::WorkflowIdTaken),
        ItemOutcome::HistoryConflict => {
            Err(Lost::Refused("the history has another event at this place".to_owned()))
        }
    }
}

pub(super) fn is_empty(item: &Item) -> bool {
    let Item { run: _, new, history, summary, activities, attributes, outbox, consumed, updates, successor } =
        item;
    new.is_none()
        && history.is_empty()
        && summary.is_none()
        && activities.is_empty()
        && attributes.is_none()
        && outbox.is_empty()
        && consumed.is_empty()
        && updates.is_empty()
        && successor.is_none()
}

fn size_bytes(item: &Item) -> usize {
    let history = item.history.iter().map(|row| row.data.len());
    let outbox = item.outbox.iter().map(|row| row.data.len());
    let updates = item.updates.iter().map(|row| row.data.len());
    history.chain(outbox).chain(updates).sum::<usize>() + item.successor.as_deref().map_or(0, size_bytes)
}

/// Takes steps off the front, until a batch is full: one item for each run. Steps that build on one that was not
/// stored are decided at once: they must not be stored either, nor acknowledged.
fn fold(steps: &mut Vec<StoredStep>) -> (Vec<Group>, Vec<Decided>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut decided = Vec::new();
    let mut by_run: HashMap<RunId, usize> = HashMap::new();
    let mut bytes = 0;
    let mut taken = 0;
    let mut runs = HashSet::new();
    for step in steps.iter() {
        bytes += size_bytes(&step.item);
        // What the run did before must not be refused for the sake of the one that a client puts in its place.
        let stands_alone = !runs.insert(&step.item.run.run_id) && step.after.is_replaced;
        if taken > 0 && bytes > BATCH_BYTES_MAX || stands_alone {
            break;
        }
        taken += 1;
    }
    for StoredStep { handle, item, after } in steps.drain(..taken) {
        if let Some(lost) = handle.lost().cloned() {
            decided.push(Decided { handle, after, outcome: Err(lost) });
            continue;
        }
        match by_run.get(&item.run.run_id) {
            Some(&index) => {
                merge(&mut groups[index].item, item);
                groups[index].steps.push((handle, after));
            }
            None => {
                by_run.insert(item.run.run_id.clone(), groups.len());
                groups.push(Group { item, steps: vec![(handle, after)] });
            }
        }
    }
    (groups, decided)
}

/// Adds what a later step of the same run changes.
fn merge(into: &mut Item, item: Item) {
    into.history.extend(item.history);
    into.summary = item.summary.or(into.summary.take());
    into.attributes = item.attributes.or(into.attributes.take());
    into.outbox.extend(item.outbox);
    into.consumed.extend(item.consumed);
    into.updates.extend(item.updates);
    into.successor = item.successor.or(into.successor.take());
    for change in item.activities {
        into.activities.retain(|earlier| earlier.operation() != change.operation());
        into.activities.push(change);
    }
}
