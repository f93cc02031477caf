//! Attempts of activities: no part of the history, kept in rows where they have to outlive the host.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{Failure, event::ActivityTaskScheduled, failure::TimeoutKind, ids::Operation, time::Timestamp};

/// What the store remembers of an activity's attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityRow {
    /// Which activity.
    pub operation: Operation,
    /// The attempt that is to be made, or was.
    pub attempt: u32,
    /// Which of the two.
    pub state: RowState,
    /// Of the attempt before.
    pub last_failure: Option<Failure>,
}

/// Whether an attempt may have begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// It has not begun, and is to begin at this time.
    Waiting(Timestamp),
    /// It may have begun.
    Granted,
}

/// A change of the activity rows of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RowChange {
    /// Written, over what there was.
    Put(ActivityRow),
    /// Not needed any more.
    Delete(Operation),
}

impl RowChange {
    /// Which activity.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self {
            Self::Put(row) => row.operation,
            Self::Delete(operation) => *operation,
        }
    }
}

/// An attempt to make, once the step that asks for it is durable.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityTask {
    /// What was scheduled.
    pub scheduled: Arc<ActivityTaskScheduled>,
    /// When it was first scheduled.
    pub scheduled_at: Timestamp,
    /// From 1.
    pub attempt: u32,
    /// Ask [`crate::Run::grant`] before starting it, and store what it says.
    pub needs_grant: bool,
    /// Of the attempt before.
    pub last_failure: Option<Failure>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum AttemptResult {
    /// With a result.
    Completed(Option<crate::Payload>),
    /// With a failure, a timeout or a cancellation.
    Failed(Failure),
}

/// The attempts in progress or waiting. An activity without an entry is in its first attempt, without a row.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    rows: BTreeMap<Operation, ActivityRow>,
    due: BTreeSet<(Timestamp, Operation)>,
    changes: BTreeMap<Operation, RowChange>,
}

impl Attempts {
    pub(crate) fn get(&self, operation: Operation) -> Option<&ActivityRow> {
        self.rows.get(&operation)
    }

    /// Whether its attempt waits for its time, and is not dispatched.
    pub(crate) fn is_waiting(&self, operation: Operation) -> bool {
        match self.rows.get(&operation).map(|row| row.state) {
            Some(RowState::Waiting(at)) => self.due.contains(&(at, operation)),
            Some(RowState::Granted) | None => false,
        }
    }

    /// How many wait for their time.
    pub(crate) fn waiting(&self) -> usize {
        self.due.len()
    }

    pub(crate) fn put(&mut self, row: ActivityRow) {
        self.remember(row.clone());
        self.changes.insert(row.operation, RowChange::Put(row));
    }

    /// Takes what the store has.
    pub(crate) fn remember(&mut self, row: ActivityRow) {
        self.forget_due(row.operation);
        if let RowState::Waiting(at) = row.state {
            self.due.insert((at, row.operation));
        }
        self.rows.insert(row.operation, row);
    }

    pub(crate) fn delete(&mut self, operation: Operation) {
        self.forget_due(operation);
        if self.rows.remove(&operation).is_some() {
            self.changes.insert(operation, RowChange::Delete(operation));
        }
    }

    fn forget_due(&mut self, operation: Operation) {
        if let Some(ActivityRow { state: RowState::Waiting(at), .. }) = self.rows.get(&operation) {
            self.due.remove(&(*at, operation));
        }
    }

    pub(crate) fn delete_all(&mut self) {
        let operations: Vec<Operation> = self.rows.keys().copied().collect();
        operations.into_iter().for_each(|operation| self.delete(operation));
    }

    /// When the first waiting attempt is to begin.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the attempts that are to begin by now off the waiting list; their rows stay.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<Operation> {
        let mut taken = Vec::new();
        while let Some(&(at, operation)) = self.due.first()
            && at <= now
        {
            self.due.pop_first();
            taken.push(operation);
        }
        taken
    }

    pub(crate) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    pub(crate) fn take_changes(&mut self) -> Vec<RowChange> {
        std::mem::take(&mut self.changes).into_values().collect()
    }
}

/// What is assumed of an attempt that was under way when its host was lost.
pub(crate) fn lost_with_host() -> Failure {
    Failure::timeout(
        TimeoutKind::StartToClose,
        "the host was lost while the attempt may have been under way; its outcome is unknown",
    )
}
