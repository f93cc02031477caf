//! Why the host ended a call of a guest.

use dalsegno_engine::calls::CallError;

/// A reason of ours, carried through wasmtime as the error of a host function.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Stop {
    /// The engine does not take what the guest asked for.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Something that a workflow has to leave to an activity or a timer.
    #[error("{what} inside a workflow: {instead}")]
    Forbidden {
        /// What the code did.
        what: String,
        /// What it should do.
        instead: &'static str,
    },
    /// The guest ended itself. A runtime that gives up says why on standard error before.
    #[error("a call of `exit` inside a workflow: return from the workflow, or raise a failure")]
    Exited,
    /// The run's memory limit.
    #[error("the workflow needs more than {0} bytes of memory: keep less, or raise the host's memory limit")]
    Memory(usize),
    /// The size of a table of functions.
    #[error("the workflow needs a table of more than {0} elements")]
    Table(usize),
    /// The guest is in an unknown state since an earlier call failed.
    #[error("the guest failed before and cannot be used again")]
    Spent,
}

impl Stop {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Call(CallError::Invalid(message.into()))
    }
}
