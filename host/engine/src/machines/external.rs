//! What is asked of another run: a signal, or to cancel.

use crate::{event::EventAttributes as E, machines::Next};

/// Something asked of another run, and not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingExternal {
    /// To take a signal.
    Signal,
    /// To cancel.
    Cancel,
}

impl PendingExternal {
    /// The transition table.
    pub(crate) fn next(self, event: &E) -> Next {
        match (self, event) {
            (Self::Signal, E::ExternalWorkflowExecutionSignaled { .. })
            | (Self::Cancel, E::ExternalWorkflowExecutionCancelRequested { .. }) => Next::Resolved(Ok(None)),
            (Self::Signal, E::SignalExternalWorkflowExecutionFailed { cause, .. })
            | (Self::Cancel, E::RequestCancelExternalWorkflowExecutionFailed { cause, .. }) => {
                Next::Resolved(Err(cause.to_failure()))
            }
            _ => Next::Impossible,
        }
    }
}
