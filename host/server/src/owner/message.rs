//! What reaches a run in memory.

use std::sync::Arc;

use dalsegno_engine::{
    Payload,
    attempts::AttemptResult,
    event::ExternalFailure,
    guest::Request,
    ids::{EventId, Operation},
    message::Message as Letter,
    payload::arguments_bytes,
    run::{Accepted, Input, Refusal},
};
use dalsegno_sandbox::Module;
use dalsegno_store::HistoryRow;
use tokio::sync::oneshot;

use super::{begin::NoModule, handle::RunHandle};

/// Why an answer did not become durable here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The host does not own the run any more.
    NotOwner,
    /// Another run of the workflow id was there first.
    WorkflowIdTaken,
    /// The database does not take the data.
    Refused(String),
}

/// Sent once what was asked is durable, or is known not to become so.
pub(crate) type Reply = oneshot::Sender<Result<Result<Accepted, Refusal>, Lost>>;

/// One thing that happens to a run.
#[derive(Debug)]
pub(crate) enum Message {
    /// Look whether something is due.
    Wake,
    /// Answer once all that came before is durable.
    Barrier(Reply),
    /// A client's input.
    Input(Input, Reply),
    /// An update that its validator let pass when the run was at this event.
    Validated(Request, EventId, Reply),
    /// Another run's word.
    Delivery(Box<Letter>, Reply),
    /// This run's own word, which the other could not take, or had taken before.
    Back(Box<Letter>, Option<ExternalFailure>, Reply),
    /// A client puts another run in this one's place: one ends, the other begins, both or neither.
    Replace(Arc<RunHandle>, Reply),
    /// A client lets a failing run try again.
    Release(Reply),
    /// An attempt has ended.
    AttemptEnded {
        /// Of which activity.
        operation: Operation,
        /// Which attempt.
        attempt: u32,
        /// How.
        result: AttemptResult,
    },
    /// An attempt is about to begin.
    Grant {
        /// Of which activity.
        operation: Operation,
        /// Which attempt.
        attempt: u32,
        /// It may begin then.
        reply: Reply,
    },
    /// An attempt has not begun, and the host stops.
    NotStarted {
        /// Of which activity.
        operation: Operation,
        /// Which attempt.
        attempt: u32,
    },
    /// The stored history, for a new guest.
    History(Vec<HistoryRow>),
    /// The module of the run that follows this one, or that there is none.
    NextModule(Box<Result<Module, NoModule>>),
}

impl Message {
    /// Bytes that it adds to a transition, about.
    pub(crate) fn size_bytes(&self) -> usize {
        match self {
            Self::Input(
                Input::Signal { input, headers, .. } | Input::Update(Request { input, headers, .. }),
                _,
            )
            | Self::Validated(Request { input, headers, .. }, ..) => arguments_bytes(input, headers),
            Self::Input(Input::Cancel { reason, .. } | Input::Terminate { reason }, _) => reason.len(),
            Self::AttemptEnded { result: AttemptResult::Completed(result), .. } => {
                result.as_ref().map_or(0, Payload::size_bytes)
            }
            Self::AttemptEnded { result: AttemptResult::Failed(failure), .. } => failure.size_bytes(),
            Self::Delivery(letter, _) => letter.body.size_bytes(),
            Self::Wake
            | Self::Back(..)
            | Self::Barrier(_)
            | Self::Replace(..)
            | Self::Release(_)
            | Self::Grant { .. }
            | Self::NotStarted { .. }
            | Self::History(_)
            | Self::NextModule(_) => 0,
        }
    }
}
