//! What the present code handles: the call of a signal, an update or a query.

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use crate::{
    bindings::dalsegno::workflow::types::Request,
    handlers::HandlerId,
    payload::Payload,
    runtime::{self, Runtime},
    workflow::LocalFuture,
};

/// Which update it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpdateInfo {
    /// Chosen by the caller; the same if the caller repeats the update.
    pub id: String,
    /// The handler's.
    pub name: String,
}

/// The update that the present code handles or validates; `None` elsewhere, and in tasks that a handler
/// has spawned.
///
/// ```
/// use dalsegno_sdk::{Context, Failure, current_update, workflow};
///
/// #[derive(Default)]
/// struct Journal {
///     changes: Vec<String>,
/// }
///
/// #[workflow]
/// impl Journal {
///     #[run]
///     async fn run(ctx: Context<Self>) -> Result<(), Failure> {
///         ctx.wait_condition(|journal| journal.changes.len() == 100).await
///     }
///
///     #[update]
///     fn change(&mut self) {
///         self.changes.extend(current_update().map(|update| update.id));
///     }
/// }
/// # fn main() {}
/// ```
#[must_use]
#[track_caller]
pub fn current_update() -> Option<UpdateInfo> {
    runtime::current().handling()?.update.clone()
}

/// What travelled with the present call beside its arguments: with the signal, the update or the query whose handler
/// or validator this is; elsewhere, also in tasks that a handler has spawned, with the start of the run.
///
/// Nothing of it goes on by itself. To hand it on, give it to what is called:
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Failure, activity, headers};
///
/// async fn ship(order: &str) -> Result<(), Failure> {
///     activity("ship").input(order).headers(headers()).start_to_close(Duration::from_secs(10)).await
/// }
///
/// fn trace() -> Option<String> {
///     headers().get("trace-id")?.decode().ok()
/// }
/// ```
#[must_use]
#[track_caller]
pub fn headers() -> BTreeMap<String, Payload> {
    let runtime = runtime::current();
    match runtime.handling() {
        Some(handling) => handling.headers.clone(),
        None => runtime.host().info().headers.into_iter().collect(),
    }
}

/// A call that is handled.
#[derive(Debug)]
pub(crate) struct Handling {
    headers: BTreeMap<String, Payload>,
    update: Option<UpdateInfo>,
    /// Of a handler that goes on as a task.
    work: OnceCell<HandlerId>,
}

impl Handling {
    /// A signal or a query.
    pub(crate) fn of(request: &Request) -> Rc<Self> {
        Self::new(request, None)
    }

    pub(crate) fn of_update(update: &Request) -> Rc<Self> {
        Self::new(update, Some(UpdateInfo { id: update.id.clone(), name: update.name.clone() }))
    }

    fn new(request: &Request, update: Option<UpdateInfo>) -> Rc<Self> {
        let headers = request.headers.iter().cloned().collect();
        Rc::new(Self { headers, update, work: OnceCell::new() })
    }

    /// Says that its handler is at work no more.
    pub(crate) fn end_work(&self, runtime: &Runtime) {
        if let Some(work) = self.work.get() {
            runtime.handlers().end(*work);
        }
    }

    /// Runs code that belongs to the call.
    pub(crate) fn within<R>(self: &Rc<Self>, runtime: &Runtime, code: impl FnOnce() -> R) -> R {
        let outer = runtime.enter_handling(Some(self.clone()));
        let result = code();
        runtime.enter_handling(outer);
        result
    }
}

/// A handler that goes on as a task. It is at work until its future is ready: whoever awaits it, and closes the run by
/// what came of it, leaves it finished.
pub(crate) struct Handler<T> {
    runtime: Rc<Runtime>,
    handling: Rc<Handling>,
    future: LocalFuture<T>,
}

impl<T> Handler<T> {
    /// One that is at work from now on.
    pub(crate) fn new(
        runtime: Rc<Runtime>,
        handling: Rc<Handling>,
        future: LocalFuture<T>,
        work: HandlerId,
    ) -> Self {
        let set = handling.work.set(work);
        debug_assert!(set.is_ok(), "a call has one handler");
        Self { runtime, handling, future }
    }
}

impl<T> Future for Handler<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Self { runtime, handling, future } = &mut *self;
        let poll = handling.within(runtime, || future.as_mut().poll(context));
        if poll.is_ready() {
            handling.end_work(runtime);
        }
        poll
    }
}
