//! The handle by which `run` and asynchronous handlers reach the workflow's state.

use std::{
    cell::{Ref, RefCell},
    fmt,
    rc::Rc,
    time::Duration,
};

use crate::{
    condition::{Condition, ConditionTimeout, wait_condition, wait_condition_timeout},
    runtime,
};

/// A handle of the workflow's state, shared by `run` and all handlers. Clones are handles of the same state.
///
/// Only closures see the state, and none of them can await: between two awaits nobody else changes it.
pub struct Context<W> {
    state: Rc<RefCell<W>>,
}

impl<W> Context<W> {
    pub(crate) fn new(state: W) -> Self {
        Self { state: Rc::new(RefCell::new(state)) }
    }

    pub(crate) fn borrow(&self) -> Ref<'_, W> {
        self.state.borrow()
    }

    /// Reads the state.
    ///
    /// # Panics
    /// Inside of [`state_mut`](Self::state_mut).
    #[track_caller]
    pub fn state<R>(&self, read: impl FnOnce(&W) -> R) -> R {
        read(&self.state.borrow())
    }

    /// Changes the state.
    ///
    /// # Panics
    /// Inside of [`state`](Self::state), `state_mut` or a predicate.
    #[track_caller]
    pub fn state_mut<R>(&self, change: impl FnOnce(&mut W) -> R) -> R {
        change(&mut self.state.borrow_mut())
    }

    /// Waits until the state is as wanted. The predicate is tried again whenever nothing else is left to
    /// do; when the future is ready, it holds.
    ///
    /// Fails only if the run is asked to cancel.
    #[track_caller]
    pub fn wait_condition(&self, mut predicate: impl FnMut(&W) -> bool) -> Condition<impl FnMut() -> bool> {
        let state = self.state.clone();
        wait_condition(move || predicate(&state.borrow()))
    }

    /// Waits until the state is as wanted (`true`), or the time is over (`false`).
    ///
    /// Fails only if the run is asked to cancel. The timer is durable.
    #[track_caller]
    pub fn wait_condition_timeout(
        &self,
        mut predicate: impl FnMut(&W) -> bool,
        timeout: Duration,
    ) -> ConditionTimeout<impl FnMut() -> bool> {
        let state = self.state.clone();
        wait_condition_timeout(move || predicate(&state.borrow()), timeout)
    }
}

/// True if no asynchronous handler of a signal or an update is at work: to be waited for before `run` ends.
#[must_use]
#[track_caller]
pub fn all_handlers_finished() -> bool {
    runtime::current().handlers().all_finished()
}

impl<W> Clone for Context<W> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone() }
    }
}

impl<W: fmt::Debug> fmt::Debug for Context<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Context").field(&self.state.borrow()).finish()
    }
}
