//! Which update the present code handles.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use crate::{
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
    runtime::current().update()
}

/// Runs code that belongs to an update.
pub(crate) fn within<R>(runtime: &Runtime, update: &UpdateInfo, code: impl FnOnce() -> R) -> R {
    let outer = runtime.enter_update(Some(update.clone()));
    let result = code();
    runtime.enter_update(outer);
    result
}

/// A handler of an update that goes on as a task.
pub(crate) struct Updating<T> {
    pub(crate) runtime: Rc<Runtime>,
    pub(crate) update: UpdateInfo,
    pub(crate) handler: LocalFuture<T>,
}

impl<T> Future for Updating<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Self { runtime, update, handler } = &mut *self;
        within(runtime, update, || handler.as_mut().poll(context))
    }
}
