//! One operation of the host, as a future: its outcome, its cancellation, its end by being dropped.

use std::{
    any::type_name,
    rc::Rc,
    task::{Context, Poll},
};

use crate::{
    child::ChildIdentity,
    failure::{BAD_RESULT, Failure},
    host::Operation,
    runtime::Outcome,
    waits::{Awaited, Waiter},
};

/// What kind of operation it is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Local or not.
    Activity {
        name: String,
        id: String,
    },
    Timer,
    /// A child, until it is started or until it is closed.
    Child(Rc<ChildIdentity>),
    /// A message to another run: sent, it cannot be taken back.
    Message,
}

impl Kind {
    fn cancelled(&self, reason: &str) -> Failure {
        match self {
            Self::Activity { name, id } => Failure::activity_cancelled(name, id),
            Self::Child(child) => child.cancelled(),
            Self::Timer | Self::Message => Failure::cancelled_because(reason),
        }
    }
}

/// An operation that was started. Dropped before its outcome, it is cancelled.
pub(crate) struct Started {
    waiter: Waiter,
    operation: Operation,
    kind: Kind,
    awaited: Awaited,
    cancel_requested: bool,
    ended: bool,
}

impl Started {
    /// Takes charge of an operation that the host has given.
    pub(crate) fn new(waiter: Waiter, operation: Operation, kind: Kind, awaited: Awaited) -> Self {
        waiter.runtime.expect(operation);
        Self { waiter, operation, kind, awaited, cancel_requested: false, ended: false }
    }

    /// Takes charge of what follows from this operation, which has ended.
    pub(crate) fn followed_by(&self, operation: Operation, awaited: Awaited) -> Self {
        let mut next = Self::new(self.waiter.renewed(), operation, self.kind.clone(), awaited);
        next.cancel_requested = self.cancel_requested;
        next
    }

    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    pub(crate) fn poll(&mut self, context: &Context<'_>) -> Poll<Outcome> {
        assert!(!self.ended, "the future was polled after it was ready");
        if let Poll::Ready(outcome) = self.poll_outcome() {
            return Poll::Ready(outcome);
        }
        if let Some(reason) = self.waiter.scope().reason() {
            self.cancel(&reason);
            if let Poll::Ready(outcome) = self.poll_outcome() {
                return Poll::Ready(outcome);
            }
        }
        self.waiter.wait(context, || self.awaited.clone());
        self.waiter.runtime.set_wait(self.operation, self.waiter.id());
        Poll::Pending
    }

    fn poll_outcome(&mut self) -> Poll<Outcome> {
        match self.waiter.runtime.take_outcome(self.operation) {
            Some(outcome) => {
                self.ended = true;
                self.waiter.leave();
                Poll::Ready(outcome)
            }
            None => Poll::Pending,
        }
    }

    /// Asks the host to cancel, once. The outcome is there at once, or comes later if the end is waited for.
    pub(crate) fn cancel(&mut self, reason: &str) {
        if self.ended || self.cancel_requested || self.waiter.runtime.is_closed() {
            return;
        }
        self.cancel_requested = true;
        if self.cancel_in_host(reason) {
            self.waiter.runtime.resolve(self.operation, Err(self.kind.cancelled(reason)));
        }
    }

    /// True: nothing more is heard of it.
    fn cancel_in_host(&self, reason: &str) -> bool {
        let runtime = &self.waiter.runtime;
        if !matches!(self.kind, Kind::Message) {
            runtime.call_site(self.waiter.location);
        }
        match &self.kind {
            Kind::Activity { .. } => runtime.host().cancel_activity(self.operation),
            Kind::Timer => runtime.host().cancel_timer(self.operation),
            Kind::Child(child) => runtime.host().cancel_child(child.closed, reason),
            Kind::Message => true,
        }
    }

    /// Says that the result is not what the code expects.
    pub(crate) fn report_bad_result<T>(&self, error: &serde_json::Error) {
        let message = format!("the result of {} is no `{}`: {error}", self.awaited, type_name::<T>());
        self.waiter.runtime.report_bug(Failure::application(BAD_RESULT, message));
    }

    /// Lets it run on; its outcome goes nowhere.
    pub(crate) fn detach(&mut self) {
        self.ended = true;
        self.waiter.runtime.forget(self.operation);
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let pending = self.waiter.runtime.forget(self.operation);
        if pending && !self.cancel_requested && !self.waiter.runtime.is_closed() {
            self.cancel_in_host("");
        }
    }
}
