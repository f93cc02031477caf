//! A batch taken apart into rows, one list for each table, and checked as far as that needs no database.
//!
//! **Invariant:** within an item the transitions follow each other, and those of a new run begin with event 1; no two
//! items name the same message, or a run that succeeds another; so what is left for the database to check is how an
//! item fits to what is stored.
//!
//! **Invariant:** runs that go on stand before runs that begin, in each list. So what closes makes room first, and a
//! successor takes the place of its predecessor before anything else can.

use std::collections::{BTreeMap, HashSet};

use dalsegno_engine::{
    Status,
    attempts::{RowChange, RowState},
    ids::{Operation, RequestId, RunId},
    message::MessageId,
};
use uuid::Uuid;

use crate::{
    CommitError, HistoryRow, Item, RunKey, attributes, convert, convert::micros, limits::PART_BYTES_MAX,
    shard::shard_of,
};

pub(crate) use rows::{
    Before, Changed, Decided, Delete, Described, MessageKey, New, Predecessor, Put, Row, Sent, Standing,
    Taken,
};

mod messages;
mod rows;

/// The rows of a batch. In each, `item` is the place of its item in the batch.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) items: usize,
    /// The items that name what an item before them names. They have no rows.
    pub(crate) conflicting: Vec<usize>,
    /// The items whose run was there before.
    pub(crate) before: Vec<Before>,
    /// Those of them that nothing else would miss the run for.
    pub(crate) alone: Vec<Before>,
    pub(crate) changed: Vec<Changed>,
    pub(crate) new: Vec<New>,
    pub(crate) history: Vec<Row>,
    pub(crate) puts: Vec<Put>,
    pub(crate) deletes: Vec<Delete>,
    pub(crate) described: Vec<Described>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) taken: Vec<Taken>,
    pub(crate) decided: Vec<Decided>,
}

/// The items that name what an item before them names, which needs no database to be seen.
pub(crate) fn conflicting(items: &[Item]) -> Vec<usize> {
    let mut named = Named::default();
    if items.iter().any(|item| item.successor.is_some()) {
        named.runs = Some(HashSet::new());
    }
    in_order(items).filter(|(_, item)| !named.add(item)).map(|(place, _)| place).collect()
}

/// The items with their places: those whose runs go on before those whose runs begin.
fn in_order(items: &[Item]) -> impl Iterator<Item = (usize, &Item)> {
    let going_on = items.iter().enumerate().filter(|(_, item)| item.new.is_none());
    let beginning = items.iter().enumerate().filter(|(_, item)| item.new.is_some());
    going_on.chain(beginning)
}

/// What only one item of a batch may name.
#[derive(Default)]
struct Named<'i> {
    messages: HashSet<&'i MessageId>,
    /// None if no run has a successor: then there is nothing to find.
    runs: Option<HashSet<&'i RunId>>,
}

impl Changes {
    /// Takes a batch apart.
    ///
    /// # Errors
    /// [`CommitError::BadData`]: an item contradicts itself, or no table can hold it.
    pub(crate) fn of(items: &[Item]) -> Result<Self, CommitError> {
        let mut changes = Self { items: items.len(), conflicting: conflicting(items), ..Self::default() };
        for (place, item) in in_order(items) {
            if changes.conflicting.contains(&place) {
                continue;
            }
            changes
                .add(place, item)
                .map_err(|problem| CommitError::BadData(format!("run {}: {problem}", item.run.run_id)))?;
        }
        Ok(changes)
    }

    /// The rows of one item.
    pub(crate) fn only(&self, item: usize) -> Self {
        fn of<R: Clone>(rows: &[R], is_of: impl Fn(&R) -> bool) -> Vec<R> {
            rows.iter().filter(|row| is_of(row)).cloned().collect()
        }
        Self {
            items: 1,
            conflicting: Vec::new(),
            before: of(&self.before, |row| row.item == item),
            alone: of(&self.alone, |row| row.item == item),
            changed: of(&self.changed, |row| row.item == item),
            new: of(&self.new, |row| row.item == item),
            history: of(&self.history, |row| row.item == item),
            puts: of(&self.puts, |row| row.item == item),
            deletes: of(&self.deletes, |row| row.item == item),
            described: of(&self.described, |row| row.item == item),
            sent: of(&self.sent, |row| row.item == item),
            taken: of(&self.taken, |row| row.item == item),
            decided: of(&self.decided, |row| row.item == item),
        }
    }

    fn add(&mut self, place: usize, item: &Item) -> Result<(), String> {
        let run = self.add_run(place, item, None)?;
        if let Some(successor) = &item.successor {
            check_succession(item, successor)?;
            let after = if item.new.is_some() { Predecessor::New(run) } else { Predecessor::GoingOn(run) };
            self.add_run(place, successor, Some(after))?;
        }
        Ok(())
    }

    /// Adds one run of an item, with the run whose end it begins with; answers its id.
    fn add_run(&mut self, place: usize, item: &Item, after: Option<Predecessor>) -> Result<Uuid, String> {
        let run = convert::run_uuid(&item.run.run_id).ok_or("its id is no UUID")?;
        self.add_history(place, run, &item.history)?;
        match &item.new {
            Some(_) => self.add_new(place, run, item, after)?,
            None => {
                if let Some(attributes) = &item.attributes {
                    let attributes = attributes::Columns::of(attributes)?;
                    self.described.push(Described { item: place, run, attributes });
                }
                let first = self.history.last().filter(|row| row.item == place).map(|_| {
                    let row = &self.history[self.history.len() - item.history.len()];
                    (row.first, row.activation)
                });
                let before = Before { item: place, run, first };
                if let Some(summary) = &item.summary {
                    self.changed.push(Changed { item: place, run, standing: Standing::of(summary) });
                } else if first.is_none() {
                    self.alone.push(before.clone());
                }
                self.before.push(before);
            }
        }
        // Several steps of a run may have changed an attempt; the last one counts.
        let last: BTreeMap<_, _> =
            item.activities.iter().map(|change| (operation_of(change), change)).collect();
        last.into_values().try_for_each(|change| self.add_attempt(place, run, change))?;
        self.add_messages(place, item)?;
        Ok(run)
    }

    fn add_new(
        &mut self,
        place: usize,
        run: Uuid,
        item: &Item,
        after: Option<Predecessor>,
    ) -> Result<(), String> {
        let Some(new) = &item.new else { return Ok(()) };
        if item.history.first().is_some_and(|row| row.first_event_id != 1) {
            return Err("a new run begins with event 1".to_owned());
        }
        let RunKey { namespace, workflow_id, .. } = &item.run;
        let request_id = new.request_id.as_ref().map(RequestId::as_str);
        let names = [namespace.as_str(), workflow_id.as_str(), new.workflow_type.as_str()];
        for name in names.into_iter().chain(request_id) {
            check_name(name)?;
        }
        let attributes = item.attributes.as_ref().map(attributes::Columns::of);
        self.new.push(New {
            item: place,
            run,
            namespace: namespace.clone(),
            workflow_id: workflow_id.clone(),
            shard: small(shard_of(namespace, workflow_id))?,
            workflow_type: new.workflow_type.clone(),
            module: convert::digest_bytes(&new.module).ok_or("the digest of its module is none")?,
            start_time: micros(new.start_time),
            request_id: new.request_id.clone(),
            standing: item.summary.as_ref().map_or_else(Standing::fresh, Standing::of),
            attributes: attributes.transpose()?.unwrap_or_default(),
            after,
        });
        Ok(())
    }

    fn add_history(&mut self, place: usize, run: Uuid, rows: &[HistoryRow]) -> Result<(), String> {
        let mut expected = rows.first().map_or(1, |row| row.first_event_id);
        for row in rows {
            if row.first_event_id != expected || expected == 0 {
                return Err(format!("a transition begins with event {}, not {expected}", row.first_event_id));
            }
            check_size("a transition", &row.data)?;
            expected += u64::from(row.events);
            self.history.push(Row {
                item: place,
                run,
                first: small(row.first_event_id)?,
                events: small(row.events)?,
                activation: small(row.activation)?,
                time: micros(row.time),
                activated: row.activated,
                data: row.data.clone(),
            });
        }
        Ok(())
    }

    fn add_attempt(&mut self, item: usize, run: Uuid, change: &RowChange) -> Result<(), String> {
        match change {
            RowChange::Put(row) => {
                let due = match row.state {
                    RowState::Waiting(due) => Some(micros(due)),
                    RowState::Granted => None,
                };
                let last_failure = row.last_failure.as_ref().map(convert::encode_failure).transpose();
                self.puts.push(Put {
                    item,
                    run,
                    operation: small(row.operation)?,
                    attempt: small(row.attempt)?,
                    due,
                    last_failure: last_failure.map_err(|error| error.to_string())?,
                });
            }
            RowChange::Delete(operation) => {
                self.deletes.push(Delete { item, run, operation: small(*operation)? });
            }
        }
        Ok(())
    }
}

impl<'i> Named<'i> {
    /// False if something of the item is there already.
    fn add(&mut self, item: &'i Item) -> bool {
        let mut is_first = true;
        for run in std::iter::once(item).chain(item.successor.as_deref()) {
            if let Some(runs) = &mut self.runs {
                is_first &= runs.insert(&run.run.run_id);
            }
            for id in run.outbox.iter().map(|message| &message.id).chain(&run.consumed) {
                is_first &= self.messages.insert(id);
            }
        }
        is_first
    }
}

fn check_succession(item: &Item, successor: &Item) -> Result<(), String> {
    let (of, to) = (&item.run, &successor.run);
    if item.summary.as_ref().is_none_or(|summary| summary.status == Status::Running) {
        return Err("it has a successor, and does not close".to_owned());
    }
    if successor.new.is_none() || successor.successor.is_some() {
        return Err("its successor does not begin, or has a successor itself".to_owned());
    }
    if (&of.namespace, &of.workflow_id) != (&to.namespace, &to.workflow_id) {
        return Err("its successor has another workflow id".to_owned());
    }
    Ok(())
}

fn operation_of(change: &RowChange) -> Operation {
    match change {
        RowChange::Put(row) => row.operation,
        RowChange::Delete(operation) => *operation,
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if name.contains('\0') {
        return Err(format!("the name {name:?} holds a zero byte"));
    }
    Ok(())
}

fn check_size(what: &str, data: &[u8]) -> Result<(), String> {
    if data.len() > PART_BYTES_MAX {
        return Err(format!("{what} has {} bytes", data.len()));
    }
    Ok(())
}

/// A number as the column has it.
fn small<N, C: TryFrom<N>>(number: N) -> Result<C, String>
where
    N: Copy + std::fmt::Display,
{
    C::try_from(number).map_err(|_| format!("the number {number} is too large"))
}
