//! Runs whose activations fail: tried again with backoff, then parked.

use serde::{Deserialize, Serialize};

use crate::{
    guest::{ActivationError, ActivationErrorKind},
    limits,
    time::{Millis, Timestamp},
};

/// A parked run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// For people.
    pub reason: String,
    /// When it was parked.
    pub since: Timestamp,
}

/// Whether a run can make progress.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Trouble {
    /// It can.
    #[default]
    None,
    /// Its last activation failed; it is tried again.
    Failing {
        /// The last error.
        error: ActivationError,
        /// Failures in a row.
        failures: u32,
        /// Of these, how many at the end are the same as the last.
        same: u32,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// It is parked until somebody releases it.
    Blocked(Blocked),
}

impl Trouble {
    pub(crate) fn taken_over(blocked: Option<Blocked>) -> Self {
        blocked.map_or(Self::None, Self::Blocked)
    }

    /// Why the run is parked, if it is.
    #[must_use]
    pub fn blocked(&self) -> Option<&Blocked> {
        match self {
            Self::Blocked(blocked) => Some(blocked),
            _ => None,
        }
    }

    /// Whether its last activation failed, and it is tried again.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        matches!(self, Self::Failing { .. })
    }

    /// When the next activation may be made; never while parked.
    pub(crate) fn next_activation(&self) -> Option<Timestamp> {
        match self {
            Self::None => Some(Timestamp::MIN),
            Self::Failing { retry_at, .. } => Some(*retry_at),
            Self::Blocked(_) => None,
        }
    }

    pub(crate) fn failed(&mut self, error: ActivationError, now: Timestamp) {
        let (failures, same) = match &self {
            // The place may be told in other words.
            Self::Failing { error: last, failures, same, .. }
                if (last.kind, &last.message) == (error.kind, &error.message) =>
            {
                (failures + 1, same + 1)
            }
            Self::Failing { failures, .. } => (failures + 1, 1),
            Self::None | Self::Blocked(_) => (1, 1),
        };
        let hopeless = match error.kind {
            ActivationErrorKind::Bug => same >= limits::SAME_BUGS_MAX,
            ActivationErrorKind::Environmental => failures >= limits::ENVIRONMENTAL_FAILURES_MAX,
            ActivationErrorKind::Nondeterminism => true,
        };
        *self = if hopeless {
            Self::Blocked(Blocked { reason: error.to_report(), since: now })
        } else {
            Self::Failing { error, failures, same, retry_at: now.plus(backoff(failures)) }
        };
    }
}

fn backoff(failures: u32) -> Millis {
    let doubled = limits::ACTIVATION_BACKOFF_FIRST.0.saturating_mul(1 << (failures - 1).min(20));
    Millis(doubled.min(limits::ACTIVATION_BACKOFF_MAX.0))
}

impl ActivationError {
    /// The message, and the guest's frames if known.
    #[must_use]
    pub fn to_report(&self) -> String {
        if self.backtrace.is_empty() {
            self.message.clone()
        } else {
            format!("{}\n{}", self.message, self.backtrace)
        }
    }
}
