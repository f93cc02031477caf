//! Futures of what the host does: asked for when they are first polled, and read as a type.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use crate::{failure::Failure, operation::Started, payload::FromPayload};

/// Something that is asked of the host once.
pub(crate) trait Ask {
    /// Asks.
    ///
    /// # Errors
    /// It was not asked: the scope is cancelled, or an argument has no JSON form.
    fn ask(self) -> Result<Started, Failure>;
}

/// What is asked of the host when it is first polled. Until then it can be changed.
pub(crate) struct Asked<R, T> {
    /// Until it is asked.
    request: Option<Box<R>>,
    running: Option<Running<T>>,
}

impl<R: Ask, T: FromPayload> Asked<R, T> {
    pub(crate) fn new(request: R) -> Self {
        Self { request: Some(Box::new(request)), running: None }
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut R)) -> Self {
        if let Some(request) = &mut self.request {
            change(request);
        }
        self
    }

    /// Asks now, if that was not done before.
    pub(crate) fn start(mut self) -> Running<T> {
        self.ask();
        self.running.expect("it was asked")
    }

    fn ask(&mut self) {
        if let Some(request) = self.request.take() {
            self.running = Some(Running::new(request.ask()));
        }
    }
}

impl<R: Ask, T: FromPayload> Future for Asked<R, T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.ask();
        let running = self.running.as_mut().expect("it was asked");
        Pin::new(running).poll(context)
    }
}

impl<R: Ask, T: FromPayload> FusedFuture for Asked<R, T> {
    fn is_terminated(&self) -> bool {
        self.running.as_ref().is_some_and(FusedFuture::is_terminated)
    }
}

/// What was asked of the host. Dropped before its outcome, it is cancelled.
pub(crate) struct Running<T> {
    state: State,
    result: PhantomData<fn() -> T>,
}

enum State {
    Started(Started),
    /// It was not asked: its scope was cancelled before, say.
    Refused(Option<Failure>),
}

impl<T: FromPayload> Running<T> {
    pub(crate) fn new(asked: Result<Started, Failure>) -> Self {
        let state = match asked {
            Ok(started) => State::Started(started),
            Err(failure) => State::Refused(Some(failure)),
        };
        Self { state, result: PhantomData }
    }

    pub(crate) fn cancel(&mut self, reason: &str) {
        if let State::Started(started) = &mut self.state {
            started.cancel(reason);
        }
    }

    pub(crate) fn detach(mut self) {
        if let State::Started(started) = &mut self.state {
            started.detach();
        }
    }
}

impl<T: FromPayload> Future for Running<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let started = match &mut self.state {
            State::Started(started) => started,
            State::Refused(failure) => {
                let failure = failure.take().expect("the future was polled after it was ready");
                return Poll::Ready(Err(failure));
            }
        };
        let Poll::Ready(outcome) = started.poll(context) else {
            return Poll::Pending;
        };
        let result = match outcome {
            Ok(result) => result,
            Err(failure) => return Poll::Ready(Err(failure)),
        };
        match T::from_payload(result.as_ref()) {
            Ok(result) => Poll::Ready(Ok(result)),
            Err(error) => {
                started.report_bad_result::<T>(&error);
                Poll::Pending
            }
        }
    }
}

impl<T: FromPayload> FusedFuture for Running<T> {
    fn is_terminated(&self) -> bool {
        match &self.state {
            State::Started(started) => started.ended(),
            State::Refused(failure) => failure.is_none(),
        }
    }
}
