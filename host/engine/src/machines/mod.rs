//! One file for each kind of thing a guest starts: how its events change its state.

use crate::{Failure, Payload, state::Pending};

pub mod activity;
pub mod child;
pub mod external;
pub mod timer;

/// What an event does to a pending operation.
pub(crate) enum Next {
    /// It goes on.
    Pending(Pending),
    /// It is forgotten; the guest knows already.
    Gone,
    /// The guest is told.
    Resolved(Result<Option<Payload>, Failure>),
    /// The event does not fit.
    Impossible,
}
