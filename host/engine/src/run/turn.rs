//! What goes into a turn of a run, and what comes out of it.

use crate::{
    Headers, Payload,
    attempts::{ActivityTask, RowChange},
    history::Transition,
    ids::{Operation, RequestId},
    state::Status,
    time::Timestamp,
    trouble::Blocked,
};

/// Something from outside for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A message.
    Signal {
        /// The handler.
        name: String,
        /// The arguments.
        input: Vec<Payload>,
        /// Context from the sender.
        headers: Headers,
        /// The client's mark on the request.
        request_id: Option<RequestId>,
    },
    /// A request to stop.
    Cancel {
        /// For people.
        reason: String,
        /// The client's mark on the request.
        request_id: Option<RequestId>,
    },
    /// An order to stop.
    Terminate {
        /// For people.
        reason: String,
    },
}

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is in the next step.
    New,
    /// It was there before.
    Duplicate,
}

/// Why an input is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run has ended.
    #[error("the run is closed")]
    Closed(Status),
    /// [`crate::limits::SIGNALS_PER_RUN_MAX`].
    #[error("the run has taken {0} signals, which is the limit; continue as new to take more")]
    TooManySignals(u64),
    /// The attempt is not the one under way.
    #[error("the activity attempt is not under way any more")]
    StaleAttempt,
}

/// What is to be done once a step is durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make an attempt.
    Dispatch(ActivityTask),
    /// Tell an attempt to stop.
    CancelActivity(Operation),
}

/// What a run looks like from outside; stored whenever it changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How it stands.
    pub status: Status,
    /// When it closed.
    pub close_time: Option<Timestamp>,
    /// When an owner has to look at it; [`Timestamp::MIN`] while it has work that only memory holds.
    pub wake_at: Option<Timestamp>,
    /// Why it is parked.
    pub blocked: Option<Blocked>,
}

/// What one turn of a run stores and does. Once the run is closed, all its attempts are to be told to stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// New events, if any.
    pub transition: Option<Transition>,
    /// New attempts, if any.
    pub rows: Vec<RowChange>,
    /// What the run looks like afterwards.
    pub summary: Summary,
    /// What is to be done once the rest is durable.
    pub effects: Vec<Effect>,
}
