//! Waiting until something holds.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::FusedFuture;

use crate::{
    failure::Failure,
    timer::{Sleep, sleep},
    waits::{Awaited, Waiter},
};

/// Waits until the predicate holds. It is tried again whenever nothing else is left to do.
///
/// When the future is ready, the predicate holds. It fails only if the run is asked to cancel. Most
/// predicates look at the workflow's state: see [`Context::wait_condition`](crate::Context::wait_condition).
#[track_caller]
pub fn wait_condition<P: FnMut() -> bool>(predicate: P) -> Condition<P> {
    Condition { waiter: Waiter::new(), predicate, ended: false }
}

/// Waits until the predicate holds (`true`), or the time is over (`false`).
///
/// See [`wait_condition`]. The timer is durable; it is not started if the predicate holds already.
#[track_caller]
pub fn wait_condition_timeout<P: FnMut() -> bool>(predicate: P, timeout: Duration) -> ConditionTimeout<P> {
    ConditionTimeout { condition: wait_condition(predicate), timeout: Some(sleep(timeout)) }
}

/// The future of [`wait_condition`].
#[must_use = "futures do nothing unless awaited"]
pub struct Condition<P> {
    waiter: Waiter,
    predicate: P,
    ended: bool,
}

impl<P> Condition<P> {
    fn end(&mut self) {
        self.waiter.leave();
        self.ended = true;
    }
}

// The predicate is called, never pinned.
impl<P> Unpin for Condition<P> {}

impl<P: FnMut() -> bool> Future for Condition<P> {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = if (self.predicate)() {
            Ok(())
        } else if let Err(failure) = self.waiter.check_cancelled() {
            Err(failure)
        } else {
            self.waiter.wait(context, || Awaited::Condition);
            return Poll::Pending;
        };
        self.waiter.runtime.condition_met();
        self.end();
        Poll::Ready(outcome)
    }
}

impl<P: FnMut() -> bool> FusedFuture for Condition<P> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<P> fmt::Debug for Condition<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condition")
    }
}

/// The future of [`wait_condition_timeout`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct ConditionTimeout<P> {
    condition: Condition<P>,
    /// None once it is decided; dropping it cancels the timer.
    timeout: Option<Sleep>,
}

impl<P: FnMut() -> bool> Future for ConditionTimeout<P> {
    type Output = Result<bool, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // The condition first: if it holds when the time is over, it holds.
        let outcome = match Pin::new(&mut self.condition).poll(context) {
            Poll::Ready(outcome) => outcome.map(|()| true),
            Poll::Pending => {
                let timeout = self.timeout.as_mut().expect("the future was polled after it was ready");
                let Poll::Ready(outcome) = Pin::new(timeout).poll(context) else {
                    return Poll::Pending;
                };
                outcome.map(|()| false)
            }
        };
        self.timeout = None;
        self.condition.end();
        Poll::Ready(outcome)
    }
}

impl<P: FnMut() -> bool> FusedFuture for ConditionTimeout<P> {
    fn is_terminated(&self) -> bool {
        self.condition.ended
    }
}
