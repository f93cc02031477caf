//! Futures that run in a cancellation scope of their own.

use std::{
    fmt,
    panic::Location,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use crate::{
    runtime::{self, Runtime},
    scope::Scope,
};

/// Runs a future inside a scope.
pub(crate) struct Scoped<F> {
    runtime: Rc<Runtime>,
    scope: Scope,
    future: Pin<Box<F>>,
    ended: bool,
}

impl<F> Scoped<F> {
    pub(crate) fn new(runtime: Rc<Runtime>, scope: Scope, future: F) -> Self {
        Self { runtime, scope, future: Box::pin(future), ended: false }
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let outer = self.runtime.enter(self.scope.clone());
        self.scope.enter(&outer);
        let poll = self.future.as_mut().poll(context);
        self.runtime.enter(outer);
        self.ended = poll.is_ready();
        poll
    }
}

/// Runs clean-up that a request to cancel does not reach.
///
/// Neither does cancelling a [`scope`] around it. A scope that begins inside can be cancelled as ever.
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
    Shielded(Scoped::new(runtime::current(), Scope::shield(Location::caller()), future))
}

/// Runs a part of the workflow that can be cancelled by itself.
///
/// Cancelling it, or a scope around it, reaches everything that is awaited inside: activities, timers,
/// children, conditions, signals. Each ends with a cancelled failure, as at a request to cancel. A failure
/// that nobody catches comes out of the scope; the rest of the run goes on.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Context, Failure, ScopeHandle, activity, is_cancelled, scope, workflow};
///
/// #[derive(Default)]
/// struct Report {
///     search: Option<ScopeHandle>,
/// }
///
/// #[workflow]
/// impl Report {
///     #[run]
///     async fn run(ctx: Context<Self>) -> Result<String, Failure> {
///         let search = scope(async {
///             let found: String = activity("search").start_to_close(Duration::from_secs(3_600)).await?;
///             activity("sort").input(&found).start_to_close(Duration::from_secs(60)).await
///         });
///         ctx.state_mut(|report| report.search = Some(search.handle()));
///         match search.await {
///             Err(failure) if failure.is_cancelled() && !is_cancelled() => Ok("nothing".to_owned()),
///             found => found,
///         }
///     }
///
///     /// Ends the search, not the run.
///     #[signal]
///     fn stop(&mut self, why: String) {
///         if let Some(search) = &self.search {
///             search.cancel(&why);
///         }
///     }
/// }
/// # fn main() {}
/// ```
///
/// The scope belongs to the one in which it is first polled. To stop a branch of a `select!` no scope is
/// needed: dropping its future stops it.
#[track_caller]
pub fn scope<F: Future>(future: F) -> CancelScope<F> {
    CancelScope(Scoped::new(runtime::current(), Scope::at(Location::caller()), future))
}

/// The future of [`scope`].
#[must_use = "futures do nothing unless awaited"]
pub struct CancelScope<F>(Scoped<F>);

impl<F> CancelScope<F> {
    /// What cancels it.
    #[must_use]
    pub fn handle(&self) -> ScopeHandle {
        ScopeHandle { runtime: self.0.runtime.clone(), scope: self.0.scope.clone() }
    }
}

/// Cancels a [`scope`]. Clones are handles of the same scope.
#[derive(Clone)]
pub struct ScopeHandle {
    runtime: Rc<Runtime>,
    scope: Scope,
}

impl ScopeHandle {
    /// Cancels the scope and all within; the first reason counts, and may be empty.
    pub fn cancel(&self, reason: &str) {
        self.runtime.cancel_scope(&self.scope, reason);
    }

    /// True once it, or a scope around it, was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.scope.is_cancelled()
    }
}

/// The future of [`shielded`].
#[must_use = "futures do nothing unless awaited"]
pub struct Shielded<F>(Scoped<F>);

impl<F: Future> Future for CancelScope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<F: Future> FusedFuture for CancelScope<F> {
    fn is_terminated(&self) -> bool {
        self.0.ended
    }
}

impl<F: Future> Future for Shielded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<F: Future> FusedFuture for Shielded<F> {
    fn is_terminated(&self) -> bool {
        self.0.ended
    }
}

impl<F> fmt::Debug for CancelScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelScope")
    }
}

impl fmt::Debug for ScopeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeHandle").field("is_cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for Shielded<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shielded")
    }
}
