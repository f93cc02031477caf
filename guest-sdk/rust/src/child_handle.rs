//! A child as a future: its start, its end, and what can be asked of it meanwhile.

use std::{
    fmt,
    marker::PhantomData,
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use crate::{
    child::{ChildIdentity, Request},
    external::{SignalRun, signal_child},
    failure::Failure,
    operation::Started,
    payload::{FromPayload, Payload},
    running::Running,
    runtime,
    waits::Awaited,
};

/// The future of [`child`](crate::child()), and its options.
#[must_use = "a child is started when it is awaited"]
pub struct Child<T> {
    start: StartChild<T>,
    handle: Option<ChildHandle<T>>,
}

impl<T: FromPayload> Child<T> {
    pub(crate) fn new(request: Request) -> Self {
        let start = StartChild { state: State::New(Box::new(request)), result: PhantomData };
        Self { start, handle: None }
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut Request)) -> Self {
        if let State::New(request) = &mut self.start.state {
            change(request);
        }
        self
    }

    pub(crate) fn into_start(self) -> StartChild<T> {
        self.start
    }
}

impl<T: FromPayload> Future for Child<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.handle.is_none() {
            match Pin::new(&mut self.start).poll(context) {
                Poll::Ready(Ok(handle)) => self.handle = Some(handle),
                Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let handle = self.handle.as_mut().expect("it is there by now");
        Pin::new(handle).poll(context)
    }
}

impl<T: FromPayload> FusedFuture for Child<T> {
    fn is_terminated(&self) -> bool {
        self.handle.as_ref().map_or(self.start.is_terminated(), FusedFuture::is_terminated)
    }
}

/// The future of a child's durable start. Dropping it before that cancels the child.
#[must_use = "a child is started when it is awaited"]
pub struct StartChild<T> {
    state: State,
    result: PhantomData<fn() -> T>,
}

enum State {
    New(Box<Request>),
    Starting(Starting),
    Ended,
}

/// A child whose start was asked for.
struct Starting {
    started: Started,
    identity: Rc<ChildIdentity>,
    /// Its end is for a handle to await.
    handed_on: bool,
}

impl Starting {
    /// The child's end, to be awaited.
    fn hand_on(mut self, run_id: String) -> (Started, Rc<ChildIdentity>) {
        self.handed_on = true;
        let identity = self.identity.clone();
        let set = identity.run_id.set(run_id);
        debug_assert!(set.is_ok(), "a child starts once");
        let (name, id) = (identity.workflow_type.clone(), identity.workflow_id.clone());
        let closed = self.started.followed_by(identity.closed, Awaited::Child(name, id, identity.closed));
        (closed, identity)
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let (false, Some(runtime)) = (self.handed_on, runtime::try_current()) {
            runtime.forget(self.identity.closed);
        }
    }
}

impl<T: FromPayload> StartChild<T> {
    fn finish(starting: Starting, run_id: Option<&Payload>) -> Poll<Result<ChildHandle<T>, Failure>> {
        match String::from_payload(run_id) {
            Ok(run_id) => {
                let (closed, identity) = starting.hand_on(run_id);
                Poll::Ready(Ok(ChildHandle { running: Running::new(Ok(closed)), identity }))
            }
            Err(error) => {
                starting.started.report_bad_result::<String>(&error);
                Poll::Pending
            }
        }
    }
}

impl<T: FromPayload> Future for StartChild<T> {
    type Output = Result<ChildHandle<T>, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut starting = match mem::replace(&mut self.state, State::Ended) {
            State::New(request) => match request.start() {
                Ok((started, identity)) => Starting { started, identity, handed_on: false },
                Err(failure) => return Poll::Ready(Err(failure)),
            },
            State::Starting(starting) => starting,
            State::Ended => panic!("the future was polled after it was ready"),
        };
        match starting.started.poll(context) {
            Poll::Ready(Ok(run_id)) => Self::finish(starting, run_id.as_ref()),
            Poll::Ready(Err(failure)) => Poll::Ready(Err(failure.of_start())),
            Poll::Pending => {
                self.state = State::Starting(starting);
                Poll::Pending
            }
        }
    }
}

impl<T: FromPayload> FusedFuture for StartChild<T> {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Ended)
    }
}

/// A child that is durably started: a future of its result.
///
/// Dropping it before its outcome cancels the child; [`detach`](Self::detach) lets it run on.
///
/// ```
/// use dalsegno_sdk::{Failure, child};
///
/// async fn negotiate() -> Result<u32, Failure> {
///     let haggling = child::<u32>("haggle").workflow_id("haggle-1").start().await?;
///     haggling.signal("offer").input(&100).await?;
///     haggling.await
/// }
/// ```
#[must_use = "dropping the handle cancels the child"]
pub struct ChildHandle<T> {
    running: Running<T>,
    identity: Rc<ChildIdentity>,
}

impl<T: FromPayload> ChildHandle<T> {
    /// The child's workflow id.
    #[must_use]
    pub fn workflow_id(&self) -> &str {
        &self.identity.workflow_id
    }

    /// The id of its first run.
    #[must_use]
    pub fn run_id(&self) -> &str {
        self.identity.run_id.get().expect("the child is started")
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, name: impl Into<String>) -> SignalRun {
        signal_child(&self.identity, name.into())
    }

    /// Asks it to cancel, with a reason that may be empty. Awaiting the handle then gives what its
    /// cancellation type waits for.
    pub fn cancel(&mut self, reason: &str) {
        self.running.cancel(reason);
    }

    /// Lets it run on without anybody waiting. What becomes of it when this run closes is its
    /// [`parent_close`](Child::parent_close) policy's to say.
    pub fn detach(self) {
        self.running.detach();
    }
}

impl<T: FromPayload> Future for ChildHandle<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.running).poll(context)
    }
}

impl<T: FromPayload> FusedFuture for ChildHandle<T> {
    fn is_terminated(&self) -> bool {
        self.running.is_terminated()
    }
}

impl<T> fmt::Debug for Child<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Child")
    }
}

impl<T> fmt::Debug for StartChild<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartChild")
    }
}

impl<T> fmt::Debug for ChildHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildHandle").field("workflow_id", &self.identity.workflow_id).finish_non_exhaustive()
    }
}
