//! Going through a stored history with a guest again.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    calls::Calls,
    divergence::Divergence,
    guest::{Activation, ActivationError, ActivationErrorKind, Guest},
    history::Transition,
    state::{BadHistory, State},
};

/// Why a history could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The guest did something else.
    #[error("the workflow did not repeat its history: {0}")]
    Diverged(#[source] Divergence),
    /// The guest failed where it had not.
    #[error("activation {activation} failed in the replay: {error}")]
    Failed {
        /// Its number.
        activation: u64,
        /// What happened.
        #[source]
        error: ActivationError,
    },
    /// The history contradicts itself.
    #[error(transparent)]
    BadHistory(#[from] BadHistory),
}

/// A replay in progress: feed it every transition, in order, until one fails.
#[derive(Debug, Default)]
pub struct Replay {
    state: Arc<State>,
    without: BTreeSet<String>,
}

impl Replay {
    /// Repeats one transition. One that was only accepted is delivered with the next.
    ///
    /// # Errors
    /// [`ReplayError`]; the guest has to be dropped, and the replay with it.
    pub fn step(
        &mut self,
        transition: &Transition,
        bytes: usize,
        guest: &mut dyn Guest,
    ) -> Result<(), ReplayError> {
        let state = Arc::make_mut(&mut self.state);
        state.begin(transition)?;
        state.apply_all(&transition.inputs)?;
        if let Some(shown) = &transition.activated {
            let activation = Activation {
                number: transition.activation,
                time: transition.time,
                replaying: true,
                shown: shown.clone(),
                events: state.activated(),
            };
            self.activate(&activation, transition, guest)?;
        }
        let state = Arc::make_mut(&mut self.state);
        state.apply_all(&transition.commands)?;
        state.bytes += bytes as u64;
        Ok(())
    }

    fn activate(
        &mut self,
        activation: &Activation,
        transition: &Transition,
        guest: &mut dyn Guest,
    ) -> Result<(), ReplayError> {
        let without = std::mem::take(&mut self.without);
        let mut calls = Calls::replay(self.state.clone(), without, transition.commands.clone());
        let result = guest.activate(activation, &mut calls);
        let stopped_in_call = calls.divergence().is_some();
        if let (Err(error), false) = (&result, stopped_in_call) {
            return Err(ReplayError::Failed { activation: activation.number, error: error.clone() });
        }
        let made = calls.finish();
        self.without = made.without;
        let Some(mut divergence) = made.divergence else {
            return Ok(());
        };
        divergence.backtrace = match result {
            Err(error) => error.backtrace,
            Ok(()) => guest.stack_trace().unwrap_or_default(),
        };
        Err(ReplayError::Diverged(divergence))
    }

    /// The state after all transitions so far.
    #[must_use]
    pub fn into_state(self) -> State {
        Arc::unwrap_or_clone(self.state)
    }

    /// The state after all transitions so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Patches and changes that the run was found to be without.
    pub(crate) fn into_without(self) -> BTreeSet<String> {
        self.without
    }
}

impl From<ReplayError> for ActivationError {
    /// As [`crate::Run::failed`] counts it.
    fn from(error: ReplayError) -> Self {
        let message = error.to_string();
        let (kind, backtrace) = match error {
            ReplayError::Diverged(divergence) => (ActivationErrorKind::Nondeterminism, divergence.backtrace),
            ReplayError::Failed { error, .. } => (error.kind, error.backtrace),
            ReplayError::BadHistory(_) => (ActivationErrorKind::Nondeterminism, String::new()),
        };
        Self { kind, message, backtrace }
    }
}
