//! Messages between runs: what one run tells another, stored with the step that tells it.

use crate::ids::{EventId, RunId};

/// Which message: no two have the same, so that each is taken once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The run that sent it.
    pub sender: RunId,
    /// The event of the sender that it came of.
    pub event: EventId,
    /// Which of the messages of that event.
    pub kind: u8,
}
