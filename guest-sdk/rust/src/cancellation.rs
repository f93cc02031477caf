//! Being asked to cancel.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use crate::{
    runtime,
    waits::{Awaited, Waiter},
};

/// True once the run was asked to cancel. In [`shielded`](crate::shielded) code it stays false.
///
/// A loop that awaits nothing, or catches failures, asks this.
#[must_use]
#[track_caller]
pub fn is_cancelled() -> bool {
    runtime::current().scope().is_cancelled()
}

/// Waits for the request to cancel; gives the reason that came with it, which may be empty.
///
/// In [`shielded`](crate::shielded) code it is never ready.
#[track_caller]
pub fn cancelled() -> Cancelled {
    Cancelled { waiter: Waiter::new(), ended: false }
}

/// The future of [`cancelled`].
#[must_use = "futures do nothing unless awaited"]
pub struct Cancelled {
    waiter: Waiter,
    ended: bool,
}

impl Future for Cancelled {
    type Output = String;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<String> {
        match self.waiter.scope().reason() {
            Some(reason) => {
                self.waiter.leave();
                self.ended = true;
                Poll::Ready(reason)
            }
            None => {
                self.waiter.wait(context, || Awaited::Cancellation);
                Poll::Pending
            }
        }
    }
}

impl FusedFuture for Cancelled {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl fmt::Debug for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cancelled")
    }
}
