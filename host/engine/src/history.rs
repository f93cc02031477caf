//! Transitions, and how they are stored.

use serde::{Deserialize, Serialize};

use crate::{
    event::{Event, EventAttributes},
    guest::Shown,
    ids::EventId,
    time::Timestamp,
};

/// The rules this engine writes histories by. Raised with each change that a replay can see.
pub const ENGINE_SEMANTICS: u32 = 2;

/// The stored form this engine writes; a byte before each stored transition.
const STORED_FORMAT: u8 = 1;

/// What one activation changes in a history, stored whole or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// The place of its first event.
    pub first_event_id: EventId,
    /// Of the activation; of being accepted if there was none. Never before the last transition's.
    pub time: Timestamp,
    /// The number of the activation that was made, or will be shown the inputs.
    pub activation: u64,
    /// What the guest was shown; absent: the inputs are accepted and not delivered yet.
    pub activated: Option<Shown>,
    /// What came to the run, in order.
    pub inputs: Vec<EventAttributes>,
    /// What the guest asked for, in order; empty unless activated.
    pub commands: Vec<EventAttributes>,
}

/// Why stored bytes are no transition.
#[derive(Debug, thiserror::Error)]
pub enum BadTransition {
    /// Written by another version of the host.
    #[error(
        "a stored transition has format {0}, this host reads format {STORED_FORMAT}: it was written by a newer host"
    )]
    Format(u8),
    /// Damaged.
    #[error("a stored transition cannot be read: {0}")]
    Damaged(String),
}

impl Transition {
    /// Number of its events.
    #[must_use]
    pub fn len(&self) -> u64 {
        (self.inputs.len() + self.commands.len()) as u64
    }

    /// Whether nothing is to be stored: every activation has an event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.commands.is_empty()
    }

    /// The stored form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.push(STORED_FORMAT);
        rmp_serde::encode::write(&mut bytes, self)
            .expect("writing to memory does not fail, and events have known lengths");
        bytes
    }

    /// From the stored form.
    ///
    /// # Errors
    /// [`BadTransition`]: from a newer host, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadTransition> {
        match bytes.split_first() {
            Some((&STORED_FORMAT, rest)) => {
                rmp_serde::from_slice(rest).map_err(|error| BadTransition::Damaged(error.to_string()))
            }
            Some((&format, _)) => Err(BadTransition::Format(format)),
            None => Err(BadTransition::Damaged("it is empty".to_owned())),
        }
    }

    /// Its events, as a history shows them.
    pub fn into_events(self) -> impl Iterator<Item = Event> {
        let (first, time, activation) = (self.first_event_id, self.time, self.activation);
        let attributes = self.inputs.into_iter().chain(self.commands);
        (first..).zip(attributes).map(move |(event_id, attributes)| Event {
            event_id,
            time,
            activation,
            attributes,
        })
    }
}
