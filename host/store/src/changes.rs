//! A batch taken apart into rows, one list for each table, and checked as far as that needs no database.
//!
//! **Invariant:** within an item the transitions follow each other, and those of a new run begin with event 1; so
//! what is left for the database to check is how an item fits to what is stored.

use std::collections::BTreeMap;

use bytes::Bytes;
use dalsegno_engine::{
    Status, Timestamp,
    attempts::{RowChange, RowState},
    ids::{Namespace, Operation, RequestId, WorkflowId, WorkflowType},
    run::Summary,
};
use uuid::Uuid;

use crate::{
    CommitError, HistoryRow, Item, RunKey, convert,
    convert::micros,
    limits::{BLOCKED_REASON_BYTES_MAX, TRANSITION_BYTES_MAX},
    shard::shard_of,
};

/// The rows of a batch. In each, `item` is the place of its item in the batch.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) items: usize,
    /// The items whose run was there before.
    pub(crate) before: Vec<Before>,
    /// Those of them that nothing else would miss the run for.
    pub(crate) alone: Vec<Before>,
    pub(crate) changed: Vec<Changed>,
    pub(crate) new: Vec<New>,
    pub(crate) history: Vec<Row>,
    pub(crate) puts: Vec<Put>,
    pub(crate) deletes: Vec<Delete>,
}

/// What has to be there before an item.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    /// Event and activation of its first transition; absent if it has none.
    pub(crate) first: Option<(i64, i64)>,
}

/// How a run stands, as stored.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) status: i16,
    pub(crate) close_time: Option<i64>,
    pub(crate) wake_at: Option<i64>,
    pub(crate) blocked_since: Option<i64>,
    pub(crate) blocked_reason: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) standing: Standing,
}

#[derive(Debug, Clone)]
pub(crate) struct New {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) namespace: Namespace,
    pub(crate) workflow_id: WorkflowId,
    pub(crate) shard: i16,
    pub(crate) workflow_type: WorkflowType,
    pub(crate) module: [u8; 32],
    pub(crate) start_time: i64,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) standing: Standing,
}

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) first: i64,
    pub(crate) events: i32,
    pub(crate) activation: i64,
    pub(crate) time: i64,
    pub(crate) activated: bool,
    pub(crate) data: Bytes,
}

#[derive(Debug, Clone)]
pub(crate) struct Put {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) operation: i64,
    pub(crate) attempt: i32,
    pub(crate) due: Option<i64>,
    pub(crate) last_failure: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Delete {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) operation: i64,
}

impl Changes {
    /// Takes a batch apart.
    ///
    /// # Errors
    /// [`CommitError::BadData`]: an item contradicts itself, or no table can hold it.
    pub(crate) fn of(items: &[Item]) -> Result<Self, CommitError> {
        let mut changes = Self { items: items.len(), ..Self::default() };
        for (place, item) in items.iter().enumerate() {
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
            before: of(&self.before, |row| row.item == item),
            alone: of(&self.alone, |row| row.item == item),
            changed: of(&self.changed, |row| row.item == item),
            new: of(&self.new, |row| row.item == item),
            history: of(&self.history, |row| row.item == item),
            puts: of(&self.puts, |row| row.item == item),
            deletes: of(&self.deletes, |row| row.item == item),
        }
    }

    fn add(&mut self, place: usize, item: &Item) -> Result<(), String> {
        let run = convert::run_uuid(&item.run.run_id).ok_or("its id is no UUID")?;
        self.add_history(place, run, &item.history)?;
        match &item.new {
            Some(_) => self.add_new(place, run, item)?,
            None => {
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
        last.into_values().try_for_each(|change| self.add_attempt(place, run, change))
    }

    fn add_new(&mut self, place: usize, run: Uuid, item: &Item) -> Result<(), String> {
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
        });
        Ok(())
    }

    fn add_history(&mut self, place: usize, run: Uuid, rows: &[HistoryRow]) -> Result<(), String> {
        let mut expected = rows.first().map_or(1, |row| row.first_event_id);
        for row in rows {
            if row.first_event_id != expected || expected == 0 {
                return Err(format!("a transition begins with event {}, not {expected}", row.first_event_id));
            }
            if row.data.len() > TRANSITION_BYTES_MAX {
                return Err(format!("a transition has {} bytes", row.data.len()));
            }
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

impl Standing {
    /// Of a run that nothing is said about: its owner has to look at it.
    fn fresh() -> Self {
        Self {
            status: convert::status_code(Status::Running),
            close_time: None,
            wake_at: Some(micros(Timestamp::MIN)),
            blocked_since: None,
            blocked_reason: None,
        }
    }

    /// A closed run has nothing to wake for and nothing that parks it, whatever its owner remembers.
    fn of(summary: &Summary) -> Self {
        let open = summary.status == Status::Running;
        let blocked = summary.blocked.as_ref().filter(|_| open);
        Self {
            status: convert::status_code(summary.status),
            close_time: summary.close_time.map(micros),
            wake_at: summary.wake_at.filter(|_| open).map(micros),
            blocked_since: blocked.map(|blocked| micros(blocked.since)),
            blocked_reason: blocked.map(|blocked| storable(&blocked.reason)),
        }
    }
}

fn operation_of(change: &RowChange) -> Operation {
    match change {
        RowChange::Put(row) => row.operation,
        RowChange::Delete(operation) => *operation,
    }
}

/// A guest's words as text that every database takes, and no more than is worth keeping.
fn storable(reason: &str) -> String {
    let mut end = reason.len().min(BLOCKED_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].replace('\0', "\u{fffd}")
}

fn check_name(name: &str) -> Result<(), String> {
    if name.contains('\0') {
        return Err(format!("the name {name:?} holds a zero byte"));
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
