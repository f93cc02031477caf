//! Cancellation scopes: which awaiting code a request to cancel reaches.
//!
//! A run has a root scope, cancelled by the request. Code in a cancelled scope gets a cancelled failure at
//! every await that would have to wait, now and later. A shielded scope is not reached.

use std::{
    cell::RefCell,
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use crate::runtime::{self, Runtime};

/// A handle of a scope.
#[derive(Clone, Default)]
pub(crate) struct Scope(Rc<RefCell<Option<String>>>);

impl Scope {
    /// Marks it as cancelled. Waking who waits in it is the caller's.
    pub(crate) fn cancel(&self, reason: String) {
        self.0.borrow_mut().get_or_insert(reason);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// The reason given, if it is cancelled.
    pub(crate) fn reason(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}

/// Runs a future inside a scope.
pub(crate) struct Scoped<F> {
    pub(crate) runtime: Rc<Runtime>,
    pub(crate) scope: Scope,
    pub(crate) future: Pin<Box<F>>,
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let outer = self.runtime.enter(self.scope.clone());
        let poll = self.future.as_mut().poll(context);
        self.runtime.enter(outer);
        poll
    }
}

/// Runs clean-up that a request to cancel does not reach.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Failure, activity, shielded};
///
/// async fn book() -> Result<(), Failure> {
///     let () = activity("reserve").start_to_close(Duration::from_secs(10)).await?;
///     let paid: Result<(), Failure> = activity("charge").start_to_close(Duration::from_secs(10)).await;
///     if let Err(failure) = paid {
///         let release = activity("release").start_to_close(Duration::from_secs(10));
///         let () = shielded(release).await?;
///         return Err(failure);
///     }
///     Ok(())
/// }
/// ```
#[track_caller]
pub fn shielded<F: Future>(future: F) -> Shielded<F> {
    Shielded(Scoped { runtime: runtime::current(), scope: Scope::default(), future: Box::pin(future) })
}

/// The future of [`shielded`].
#[must_use = "futures do nothing unless awaited"]
pub struct Shielded<F>(Scoped<F>);

impl<F: Future> Future for Shielded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<F> fmt::Debug for Shielded<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shielded")
    }
}
