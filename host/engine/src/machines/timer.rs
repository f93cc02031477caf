//! A timer, from started to fired or cancelled.

use crate::{event::EventAttributes as E, machines::Next, time::Timestamp};

/// A timer that has not fired.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingTimer {
    /// It fires in an activation that is not before this.
    pub due: Timestamp,
    /// A line for people.
    pub summary: Option<String>,
}

impl PendingTimer {
    /// The transition table.
    pub(crate) fn next(&self, event: &E) -> Next {
        match event {
            E::TimerFired { .. } => Next::Resolved(Ok(None)),
            E::TimerCanceled { .. } => Next::Gone,
            _ => Next::Impossible,
        }
    }
}
