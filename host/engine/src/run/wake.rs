//! When a run needs its owner.

use super::{Run, Summary};
use crate::time::Timestamp;

impl Run {
    /// Whether an activation is to be made now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.activated.is_none() && self.next_activation().is_some_and(|at| at <= self.state.time)
    }

    /// When the next activation is to be made, if inputs wait for one.
    fn next_activation(&self) -> Option<Timestamp> {
        if self.state.is_closed() || self.state.undelivered.is_empty() {
            return None;
        }
        Some(self.trouble.next_activation()?.max(self.state.first_activation_at()))
    }

    /// When the owner has to let it take a turn, at the latest.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        [self.next_activation(), self.next_deadline()].into_iter().flatten().min()
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let first = self.state.deadlines.first().map(|(at, _)| *at);
        let expires = self.state.run_expires().filter(|_| !self.state.is_closed());
        [first, self.attempts.next_due(), expires].into_iter().flatten().min()
    }

    /// Whether all that the run waits for is in the store or outside: it may be dropped from memory.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.is_settled() && self.summary().wake_at != Some(Timestamp::MIN)
    }

    /// What the run looks like from outside.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            status: self.state.status,
            close_time: self.state.close_time,
            wake_at: if self.has_work_in_memory() { Some(Timestamp::MIN) } else { self.next_wake() },
            blocked: self.trouble.blocked().cloned(),
        }
    }

    /// Whether a new owner has to know the run at once, because memory holds what it does next: attempts
    /// under way, the count of failed activations, inputs to be delivered now. A start delay is in the
    /// history, and a parked run does nothing.
    fn has_work_in_memory(&self) -> bool {
        let waits_for_start = self.state.first_activation_at() > self.state.time;
        let delivers = self.next_activation().is_some() && !waits_for_start;
        delivers || self.state.pending_activities > self.attempts.waiting()
    }
}
