//! What the engine asks of a guest, whatever runs it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Calls, Failure, Headers, Payload,
    event::WorkflowExecutionStarted,
    ids::{Namespace, Operation, RunId},
    payload::arguments_bytes,
    time::Timestamp,
};

/// The code of one run, somewhere between two activations.
pub trait Guest {
    /// Delivers events; what the guest asks for goes to `calls`. Whoever takes them out puts them back.
    ///
    /// # Errors
    /// The activation failed; the guest is in an unknown state and has to be dropped.
    fn activate(&mut self, activation: &Activation, calls: &mut Calls) -> Result<(), ActivationError>;

    /// What each task of the guest waits for, in its language's words; `None` if it cannot tell.
    fn stack_trace(&mut self) -> Option<String>;
}

/// One delivery of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Activation {
    /// From 1.
    pub number: u64,
    /// The guest's clock, the same throughout.
    pub time: Timestamp,
    /// The past is being repeated.
    pub replaying: bool,
    /// What the guest is told of its history.
    pub shown: Shown,
    /// In the order of the history.
    pub events: Vec<GuestEvent>,
}

/// What an activation tells the guest of its history; recorded, never computed again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shown {
    /// Events before the activation's commands.
    pub history_events: u64,
    /// Bytes stored before this transition.
    pub history_bytes: u64,
    /// Why the run should continue as new; empty: it need not.
    pub continue_as_new: Vec<ContinueAsNewReason>,
}

/// Why a run should continue as new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContinueAsNewReason {
    /// Many events.
    HistoryEvents,
    /// Many bytes.
    HistoryBytes,
    /// Many updates.
    Updates,
}

/// An input, as the guest sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum GuestEvent {
    /// The run begins.
    Started(Arc<WorkflowExecutionStarted>),
    /// An operation has its outcome.
    Resumed {
        /// Which.
        operation: Operation,
        /// Its result, or why there is none.
        outcome: Result<Option<Payload>, Failure>,
    },
    /// A message from outside.
    Signalled(Request),
    /// Cancelling was asked for, with the reason.
    CancelRequested(String),
    /// An update that its validator let pass.
    UpdateAccepted(Request),
}

/// A call of a handler of the guest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Request {
    /// Of a signal its request id, of an update its id; else empty.
    pub id: String,
    /// The handler.
    pub name: String,
    /// The arguments.
    pub input: Vec<Payload>,
    /// Context from the caller.
    pub headers: Headers,
}

impl Request {
    /// Bytes that it takes up in a history, about.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.id.len() + self.name.len() + arguments_bytes(&self.input, &self.headers)
    }
}

/// What a guest may know of its run, from the start to the end.
#[derive(Debug, Clone)]
pub struct RunInfo {
    /// Where it runs.
    pub namespace: Namespace,
    /// This run.
    pub run_id: RunId,
    /// When it started.
    pub start_time: Timestamp,
    /// How it began.
    pub started: Arc<WorkflowExecutionStarted>,
}

/// Why an activation failed. Its commands are discarded, its inputs kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ActivationError {
    /// Who is to blame.
    pub kind: ActivationErrorKind,
    /// One line for people.
    pub message: String,
    /// The guest's own frames, innermost first; empty if unknown.
    pub backtrace: String,
}

/// Who is to blame for a failed activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationErrorKind {
    /// A bug of the guest: a trap, an invalid call, an unexpected error.
    Bug,
    /// A limit of the environment: time, memory, stack. It may pass.
    Environmental,
    /// The guest did not do what the history says.
    Nondeterminism,
}
