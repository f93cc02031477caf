//! What would be in the database.

use std::collections::{BTreeMap, BTreeSet};

use dalsegno_engine::{
    Run, State, Timestamp, Transition,
    attempts::{ActivityRow, RowChange},
    attributes::Attributes,
    event::{EventAttributes, UpdateOutcome},
    export::ExportedHistory,
    ids::{EventId, Operation, RunId},
    message::{Address, Message, MessageBody, MessageId},
    replay::{Replay, ReplayError},
    run::{Step, Successor, Summary},
};

use super::ScriptedGuest;

/// One run, as stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// Transitions by the id of their first event, encoded.
    pub(crate) history: BTreeMap<EventId, Vec<u8>>,
    pub(crate) rows: BTreeMap<Operation, ActivityRow>,
    pub(crate) summary: Summary,
    /// All it has ever sent, encoded.
    pub(crate) sent: BTreeMap<MessageId, (Address, Vec<u8>)>,
    /// What it has sent and somebody has recorded.
    pub(crate) gone: BTreeSet<MessageId>,
    /// What it has recorded, its own and that of others.
    pub(crate) consumed: BTreeSet<MessageId>,
    /// Outcomes of updates, encoded.
    pub(crate) updates: BTreeMap<String, Vec<u8>>,
    pub(crate) attributes: Attributes,
    pub(crate) successor: Option<Successor>,
}

impl Stored {
    pub(super) fn new(summary: Summary) -> Self {
        Self {
            history: BTreeMap::new(),
            rows: BTreeMap::new(),
            summary,
            sent: BTreeMap::new(),
            gone: BTreeSet::new(),
            consumed: BTreeSet::new(),
            updates: BTreeMap::new(),
            attributes: Attributes::default(),
            successor: None,
        }
    }

    /// Takes a step of this run, apart from its effects. Gives the bytes that its transition takes up.
    pub(super) fn take(&mut self, run: &RunId, step: Step) -> Option<usize> {
        let bytes = step.transition.as_ref().map(|transition| self.append(transition));
        step.rows.into_iter().for_each(|change| self.change_row(change));
        self.summary = step.summary;
        for message in step.outbox {
            assert!(bytes.is_some(), "a message without an event: {message:?}");
            self.send(run, message);
        }
        for id in step.consumed {
            if id.sender == *run {
                assert!(self.sent.contains_key(&id), "it was never sent: {id:?}");
                self.gone.insert(id.clone());
            }
            assert!(self.consumed.insert(id.clone()), "recorded twice: {id:?}");
        }
        for (id, outcome) in step.updates {
            let bytes = outcome.encode();
            assert_eq!(UpdateOutcome::decode(&bytes), Ok(outcome));
            assert_eq!(self.updates.insert(id.clone(), bytes), None, "`{id}` has two outcomes");
        }
        if let Some(attributes) = step.attributes {
            assert_ne!(*attributes, self.attributes, "nothing has changed");
            self.attributes = (*attributes).clone();
        }
        if step.successor.is_some() {
            assert_eq!(self.successor, None, "two runs follow");
            self.successor = step.successor;
        }
        bytes
    }

    fn send(&mut self, run: &RunId, message: Message) {
        let Message { id, to, body } = message;
        let bytes = body.encode();
        assert_eq!((&id.sender, id.kind), (run, body.kind()));
        assert_eq!(MessageBody::decode(&bytes).expect("just encoded"), body);
        assert!(self.sent.insert(id.clone(), (to, bytes)).is_none(), "sent twice: {id:?}");
    }

    /// Messages that nobody has recorded.
    pub(crate) fn inbox(&self) -> Vec<Message> {
        let left = self.sent.iter().filter(|(id, _)| !self.gone.contains(id));
        left.map(|(id, (to, bytes))| Message {
            id: id.clone(),
            to: to.clone(),
            body: MessageBody::decode(bytes).expect("just encoded"),
        })
        .collect()
    }

    /// What an update came to.
    pub(crate) fn update(&self, id: &str) -> Option<UpdateOutcome> {
        self.updates.get(id).map(|bytes| UpdateOutcome::decode(bytes).expect("just encoded"))
    }

    fn append(&mut self, transition: &Transition) -> usize {
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
