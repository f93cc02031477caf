//! What would be in the database.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Run, State, Timestamp, Transition,
    attempts::{ActivityRow, RowChange},
    event::EventAttributes,
    export::ExportedHistory,
    ids::{EventId, Operation},
    replay::{Replay, ReplayError},
    run::Summary,
};

use super::ScriptedGuest;

/// One run, as stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// Transitions by the id of their first event, encoded.
    pub(crate) history: BTreeMap<EventId, Vec<u8>>,
    pub(crate) rows: BTreeMap<Operation, ActivityRow>,
    pub(crate) summary: Summary,
}

impl Stored {
    pub(super) fn new(summary: Summary) -> Self {
        Self { history: BTreeMap::new(), rows: BTreeMap::new(), summary }
    }

    pub(super) fn append(&mut self, transition: &Transition) -> usize {
        let bytes = transition.encode();
        let stored_bytes = bytes.len();
        let before = self.history.insert(transition.first_event_id, bytes);
        assert!(before.is_none(), "two transitions begin at event {}", transition.first_event_id);
        stored_bytes
    }

    pub(crate) fn change_row(&mut self, change: RowChange) {
        match change {
            RowChange::Put(row) => {
                self.rows.insert(row.operation, row);
            }
            RowChange::Delete(operation) => {
                self.rows.remove(&operation);
            }
        }
    }

    /// Each transition, with its size.
    pub(crate) fn transitions(&self) -> Vec<(Transition, usize)> {
        let decode = |bytes: &Vec<u8>| (Transition::decode(bytes).expect("what was encoded"), bytes.len());
        self.history.values().map(decode).collect()
    }

    pub(crate) fn events(&self) -> Vec<EventAttributes> {
        let transitions = self.transitions().into_iter();
        transitions
            .flat_map(|(transition, _)| transition.into_events())
            .map(|event| event.attributes)
            .collect()
    }

    pub(crate) fn state(&self) -> State {
        let transitions = self.transitions();
        State::fold(transitions.iter().map(|(transition, bytes)| (transition, *bytes)))
            .expect("a sound history")
    }

    pub(crate) fn export(&self) -> ExportedHistory {
        ExportedHistory::new(self.transitions().into_iter().map(|(transition, _)| transition).collect())
            .expect("a history with a start")
    }

    /// Brings a guest to the present.
    pub(crate) fn replay(&self, guest: &mut ScriptedGuest) -> Result<Replay, ReplayError> {
        let mut replay = Replay::default();
        for (transition, bytes) in self.transitions() {
            replay.step(&transition, bytes, guest)?;
        }
        Ok(replay)
    }

    /// The run as a new owner has it.
    pub(crate) fn take_over(&self, now: Timestamp) -> Run {
        let rows = self.rows.values().cloned().collect();
        Run::take_over(self.state(), rows, self.summary.blocked.clone(), now)
    }
}
