//! What goes into a turn of a run, and what comes out of it.

use std::sync::Arc;

use crate::{
    Headers, Payload,
    attempts::{ActivityTask, RowChange},
    attributes::Attributes,
    event::{ModulePolicy, UpdateOutcome, WorkflowExecutionStarted},
    guest::Request,
    history::Transition,
    ids::{EventId, Operation, RequestId},
    message::{Message, MessageId},
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
    /// An update that its validator let pass.
    Update(Request),
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
    /// The run has ended, and goes on in another one of the same workflow id.
    #[error("the run is closed, and goes on in another one")]
    Continued(Status),
    /// [`crate::limits::SIGNALS_PER_RUN_MAX`].
    #[error("the run has taken {0} signals, which is the limit; continue as new to take more")]
    TooManySignals(u64),
    /// [`crate::limits::SIGNAL_BYTES_PER_RUN_MAX`].
    #[error("the run has taken signals of {0} bytes, which is the limit; continue as new to take more")]
    TooManySignalBytes(usize),
    /// [`crate::limits::UPDATES_PER_RUN_MAX`].
    #[error("the run has taken {0} updates, which is the limit; continue as new to take more")]
    TooManyUpdates(usize),
    /// [`crate::limits::UPDATES_IN_FLIGHT_MAX`].
    #[error("{0} updates of the run are under way, which is the limit; wait for one to end")]
    TooManyUpdatesInFlight(usize),
    /// The update was validated at another state of the run than the one with this last event.
    #[error("the run has gone on to event {0} since the update was validated")]
    MovedOn(EventId),
    /// [`crate::limits::HISTORY_EVENTS_MAX`] or [`crate::limits::HISTORY_BYTES_MAX`].
    #[error("the history of the run takes nothing more; terminate it")]
    HistoryFull,
    /// The sender is not the run's parent.
    #[error("the run is no child of the sender")]
    NotAChild,
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
    /// What the run can be found by, and what is noted of it, if that changed.
    pub attributes: Option<Arc<Attributes>>,
    /// Updates that came to an outcome.
    pub updates: Vec<(String, UpdateOutcome)>,
    /// What the run says to others; to be delivered once the rest is durable.
    pub outbox: Vec<Message>,
    /// Messages that are gone with this step.
    pub consumed: Vec<MessageId>,
    /// The run that begins with this one's end: to be stored with it.
    pub successor: Option<Successor>,
    /// What is to be done once the rest is durable.
    pub effects: Vec<Effect>,
}

/// The next run of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Successor {
    /// How it begins; with the module of the run before it.
    pub started: WorkflowExecutionStarted,
    /// Where its code comes from.
    pub module_policy: ModulePolicy,
}
