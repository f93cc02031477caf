//! What runs send each other.
//!
//! A message is stored with the step that sends it, and gone with the step that records it, whoever records it: the
//! run it is for, or its sender if that run cannot take it. So each is recorded exactly once, whatever fails between.

use serde::{Deserialize, Serialize};

use crate::{
    Failure, Headers, Payload,
    event::{ChildInitiated, ParentClosePolicy},
    failure::RetryState,
    ids::{EventId, ModuleDigest, Namespace, Operation, RunId, WorkflowId},
    payload::arguments_bytes,
    seed::Seed,
};

/// A message, by what sent it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The run that sends it.
    pub sender: RunId,
    /// The event of that run it belongs to; of what a run that has ended says to its children, a place after the last
    /// event. So the keys of messages to one run are in the order in which they were sent.
    pub event: EventId,
    /// What it is about: see [`MessageBody::kind`].
    pub kind: u8,
}

/// A run, or the newest one of a workflow id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Where it runs.
    pub namespace: Namespace,
    /// Its workflow.
    pub workflow_id: WorkflowId,
    /// The newest if absent.
    pub run_id: Option<RunId>,
}

/// A run that another one knows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunIdentity {
    /// Where it runs.
    pub namespace: Namespace,
    /// Its workflow.
    pub workflow_id: WorkflowId,
    /// It itself.
    pub run_id: RunId,
}

/// One run's word to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Unique.
    pub id: MessageId,
    /// Who is to take it.
    pub to: Address,
    /// What it says.
    pub body: MessageBody,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MessageBody {
    /// Begin a child.
    StartChild(Box<StartChild>),
    /// To the parent: the child is there.
    ChildStarted {
        /// Its `closed` operation.
        operation: Operation,
        /// Its first run.
        run_id: RunId,
    },
    /// To the parent: the child has ended, and no run follows.
    ChildClosed {
        /// Its `closed` operation.
        operation: Operation,
        /// The run that ended.
        run_id: RunId,
        /// How.
        outcome: ChildOutcome,
    },
    /// To a child: its parent has ended.
    ParentClosed {
        /// The parent.
        sender: RunIdentity,
        /// The child's `closed` operation.
        operation: Operation,
        /// What is to become of the child.
        policy: ParentClosePolicy,
    },
    /// Take a signal.
    Signal {
        /// What answers it.
        operation: Operation,
        /// Who sends it.
        sender: RunIdentity,
        /// Only if it is the sender's child.
        child_only: bool,
        /// The handler.
        name: String,
        /// The arguments.
        input: Vec<Payload>,
        /// Context.
        headers: Headers,
    },
    /// Cancel.
    Cancel {
        /// What answers it; absent if nobody waits.
        operation: Option<Operation>,
        /// Who asks.
        sender: RunIdentity,
        /// Only if it is the sender's child.
        child_only: bool,
        /// For people.
        reason: String,
    },
    /// To the sender of a signal or a request to cancel: it is in the other run's history.
    Taken {
        /// What it answers.
        operation: Operation,
    },
}

/// A child to begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartChild {
    /// What the parent asked for.
    pub initiated: ChildInitiated,
    /// The parent.
    pub parent: RunIdentity,
    /// The top of the tree.
    pub root: RunIdentity,
    /// The parent's code, which the child inherits if that has its type.
    pub module: ModuleDigest,
    /// Of the child's random stream.
    pub seed: Seed,
}

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ChildOutcome {
    /// With a result.
    Completed(Option<Payload>),
    /// With a failure.
    Failed {
        /// What it raised.
        failure: Failure,
        /// Why it was not tried again.
        retry_state: RetryState,
    },
    /// Cancelled.
    Canceled {
        /// What it gave.
        details: Vec<Payload>,
    },
    /// Ended from outside.
    Terminated,
    /// Out of time.
    TimedOut {
        /// Why it was not tried again.
        retry_state: RetryState,
    },
}

/// Why a stored message cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("a stored message cannot be read: {0}")]
pub struct BadMessage(String);

impl MessageBody {
    /// Tells messages apart that belong to the same event of the same run.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match self {
            Self::StartChild(_) => 1,
            Self::ChildStarted { .. } => 2,
            Self::ChildClosed { .. } => 3,
            Self::ParentClosed { .. } => 4,
            Self::Signal { .. } => 5,
            Self::Cancel { .. } => 6,
            Self::Taken { .. } => 7,
        }
    }

    /// The stored form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).expect("writing to memory does not fail, and messages have known lengths")
    }

    /// From the stored form.
    ///
    /// # Errors
    /// [`BadMessage`]: damaged, or of a newer host.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        rmp_serde::from_slice(bytes).map_err(|error| BadMessage(error.to_string()))
    }

    /// Bytes that it adds to the history that records it, about.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Signal { input, headers, .. } => arguments_bytes(input, headers),
            Self::ChildClosed { outcome: ChildOutcome::Completed(result), .. } => {
                result.as_ref().map_or(0, Payload::size_bytes)
            }
            Self::ChildClosed { outcome: ChildOutcome::Failed { failure, .. }, .. } => failure.size_bytes(),
            Self::ChildClosed { outcome: ChildOutcome::Canceled { details }, .. } => {
                details.iter().map(Payload::size_bytes).sum()
            }
            Self::Cancel { reason, .. } => reason.len(),
            Self::StartChild(_)
            | Self::ChildStarted { .. }
            | Self::ChildClosed { .. }
            | Self::ParentClosed { .. }
            | Self::Taken { .. } => 0,
        }
    }
}
