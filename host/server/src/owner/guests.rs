//! The threads that guests run on, apart from tokio's.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use crossbeam_channel::{Receiver, Sender};

use super::{
    Owner, effects,
    handle::RunHandle,
    message::Lost,
    turn,
    under_way::{Busy, UnderWay},
};

/// Work for a guest thread.
pub(crate) enum GuestWork {
    /// A run has messages.
    Turn(Arc<Owner>, Arc<RunHandle>),
    /// A query.
    Call(Box<dyn FnOnce() + Send>),
}

/// A pool of threads, for as long as the host lives.
#[derive(Clone)]
pub(crate) struct GuestThreads {
    queue: Sender<(GuestWork, Busy)>,
    under_way: UnderWay,
}

impl GuestThreads {
    pub(crate) fn start(threads: usize, under_way: UnderWay) -> std::io::Result<Self> {
        let (queue, work) = crossbeam_channel::unbounded();
        for number in 0..threads.max(1) {
            let work: Receiver<(GuestWork, Busy)> = work.clone();
            thread::Builder::new().name(format!("guest-{number}")).spawn(move || serve(&work))?;
        }
        Ok(Self { queue, under_way })
    }

    pub(crate) fn submit(&self, work: GuestWork) {
        // The threads only end when every sender is gone, so there is a receiver.
        let _ = self.queue.send((work, self.under_way.begin()));
    }

    /// Runs a function on a guest thread.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.submit(GuestWork::Call(Box::new(move || {
            let _ = reply.send(work());
        })));
        answer.await.ok()
    }

    /// Work that waits for a thread.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }
}

fn serve(work: &Receiver<(GuestWork, Busy)>) {
    for (work, _busy) in work {
        match work {
            GuestWork::Turn(owner, handle) => {
                let turn = AssertUnwindSafe(|| turn::take(&owner, &handle));
                if let Err(panic) = catch_unwind(turn) {
                    effects::give_up(
                        &owner,
                        &handle,
                        &Lost::Refused(format!("the host panicked: {}", text(&*panic))),
                    );
                }
            }
            GuestWork::Call(call) => {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
                    tracing::error!(
                        panic = text(&*panic),
                        "a query made the host panic; this is a bug of the host"
                    );
                }
            }
        }
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
