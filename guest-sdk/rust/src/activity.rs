//! Activities: work outside the sandbox.

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::FusedFuture;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    bindings::dalsegno::workflow::activities,
    duration::milliseconds,
    failure::{BAD_ARGUMENTS, Failure},
    host::ActivityOptions,
    operation::{Kind, Started},
    payload::{Payload, decode_optional},
    retry::RetryPolicy,
    waits::{Awaited, Waiter},
};

pub use activities::CancellationType;

/// Work outside the sandbox, by its name. Needs a time limit; is scheduled when it is first polled.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Failure, RetryPolicy, activity};
///
/// async fn charge(card: &str, cents: u64) -> Result<String, Failure> {
///     activity("charge-card")
///         .input(card)
///         .input(&cents)
///         .start_to_close(Duration::from_secs(10))
///         .retry(RetryPolicy::attempts(5))
///         .await
/// }
/// ```
///
/// The result is read as the type that the caller expects; name it where it cannot be inferred:
/// `activity::<()>("notify")`. A result that does not fit fails the activation, not the run: the code is
/// wrong, and the run goes on when it is repaired.
///
/// Dropping the future before its outcome cancels the activity, so the loser of a `select!` is stopped;
/// see [`ActivityHandle`] for more control.
#[track_caller]
pub fn activity<T: DeserializeOwned>(name: impl Into<String>) -> Activity<T> {
    Activity {
        request: Some(Box::new(Request {
            waiter: Waiter::new(),
            name: name.into(),
            input: Vec::new(),
            unfit: None,
            options: no_options(),
        })),
        handle: None,
    }
}

/// The future of [`activity`], and its options.
#[must_use = "an activity is scheduled when it is awaited"]
pub struct Activity<T> {
    /// Until it is scheduled.
    request: Option<Box<Request>>,
    handle: Option<ActivityHandle<T>>,
}

struct Request {
    waiter: Waiter,
    name: String,
    input: Vec<Payload>,
    /// Why an argument has no JSON form.
    unfit: Option<String>,
    options: ActivityOptions,
}

fn no_options() -> ActivityOptions {
    ActivityOptions {
        activity_id: None,
        task_queue: None,
        schedule_to_close_ms: None,
        schedule_to_start_ms: None,
        start_to_close_ms: None,
        heartbeat_ms: None,
        retry_policy: None,
        cancellation_type: CancellationType::TryCancel,
        summary: None,
        headers: Vec::new(),
        extensions: Vec::new(),
    }
}

impl<T: DeserializeOwned> Activity<T> {
    /// Adds an argument.
    pub fn input<A: Serialize + ?Sized>(self, argument: &A) -> Self {
        self.change(|request| match Payload::json(argument) {
            Ok(payload) => request.input.push(payload),
            Err(error) => request.unfit = Some(error.to_string()),
        })
    }

    /// Adds an argument that is a payload already.
    pub fn payload(self, payload: Payload) -> Self {
        self.change(|request| request.input.push(payload))
    }

    /// Says that an argument has no JSON form, and why.
    pub(crate) fn unfit(self, why: Option<String>) -> Self {
        self.change(|request| request.unfit = request.unfit.take().or(why))
    }

    /// The time limit of one attempt.
    pub fn start_to_close(self, limit: Duration) -> Self {
        self.change(|request| request.options.start_to_close_ms = Some(milliseconds(limit)))
    }

    /// The time limit of the whole, with retries.
    pub fn schedule_to_close(self, limit: Duration) -> Self {
        self.change(|request| request.options.schedule_to_close_ms = Some(milliseconds(limit)))
    }

    /// How long an attempt may wait for its start.
    pub fn schedule_to_start(self, limit: Duration) -> Self {
        self.change(|request| request.options.schedule_to_start_ms = Some(milliseconds(limit)))
    }

    /// The longest silence of an attempt.
    pub fn heartbeat(self, limit: Duration) -> Self {
        self.change(|request| request.options.heartbeat_ms = Some(milliseconds(limit)))
    }

    /// How failed attempts are repeated.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.change(|request| request.options.retry_policy = Some(policy.into_contract()))
    }

    /// An id of your own, unique among the run's pending activities.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.change(|request| request.options.activity_id = Some(id.into()))
    }

    /// The task queue, if not the run's own.
    pub fn task_queue(self, name: impl Into<String>) -> Self {
        self.change(|request| request.options.task_queue = Some(name.into()))
    }

    /// What cancelling waits for.
    pub fn cancellation(self, cancellation_type: CancellationType) -> Self {
        self.change(|request| request.options.cancellation_type = cancellation_type)
    }

    /// A line for people.
    pub fn summary(self, text: impl Into<String>) -> Self {
        self.change(|request| request.options.summary = Some(text.into()))
    }

    /// Schedules it now, before it is awaited.
    pub fn start(mut self) -> ActivityHandle<T> {
        match (self.request.take(), self.handle.take()) {
            (Some(request), _) => ActivityHandle::schedule(*request),
            (None, Some(handle)) => handle,
            (None, None) => unreachable!("an activity is a request or scheduled"),
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Request)) -> Self {
        if let Some(request) = &mut self.request {
            change(request);
        }
        self
    }
}

impl<T: DeserializeOwned> Future for Activity<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(request) = self.request.take() {
            self.handle = Some(ActivityHandle::schedule(*request));
        }
        let handle = self.handle.as_mut().expect("an activity is a request or scheduled");
        Pin::new(handle).poll(context)
    }
}

impl<T: DeserializeOwned> FusedFuture for Activity<T> {
    fn is_terminated(&self) -> bool {
        self.handle.as_ref().is_some_and(FusedFuture::is_terminated)
    }
}

impl<T> fmt::Debug for Activity<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Activity")
    }
}

/// A scheduled activity: a future of its result that can also be cancelled, or left alone.
///
/// Dropping it before its outcome cancels the activity; [`detach`](Self::detach) lets it run on.
#[must_use = "dropping the handle cancels the activity"]
pub struct ActivityHandle<T> {
    state: HandleState,
    result: PhantomData<fn() -> T>,
}

enum HandleState {
    Started(Started),
    /// It was not scheduled: its scope was cancelled before, say.
    Refused(Option<Failure>),
}

impl<T: DeserializeOwned> ActivityHandle<T> {
    fn schedule(mut request: Request) -> Self {
        let state = match request.check() {
            Ok(()) => HandleState::Started(request.schedule()),
            Err(failure) => HandleState::Refused(Some(failure)),
        };
        Self { state, result: PhantomData }
    }

    /// Asks it to stop. Awaiting it gives a cancelled failure: at once, or if its cancellation type is
    /// [`CancellationType::Wait`], when it ends.
    pub fn cancel(&mut self) {
        if let HandleState::Started(started) = &mut self.state {
            started.cancel();
        }
    }

    /// Lets it run on without anybody waiting.
    pub fn detach(mut self) {
        if let HandleState::Started(started) = &mut self.state {
            started.detach();
        }
    }
}

impl Request {
    fn check(&mut self) -> Result<(), Failure> {
        self.waiter.check_cancelled()?;
        let Some(why) = &self.unfit else { return Ok(()) };
        let message = format!("an argument of activity `{}` has no JSON form: {why}", self.name);
        let failure = Failure::application(BAD_ARGUMENTS, message);
        self.waiter.runtime.report_bug(failure.clone());
        Err(failure)
    }

    fn schedule(self) -> Started {
        let runtime = self.waiter.runtime.clone();
        runtime.call_site(self.waiter.location);
        let operation = runtime.host().schedule_activity(&self.name, &self.input, &self.options);
        let id = self.options.activity_id.unwrap_or_else(|| operation.to_string());
        let awaited = Awaited::Activity(self.name.clone(), operation);
        Started::new(self.waiter, operation, Kind::Activity { name: self.name, id }, awaited)
    }
}

impl<T: DeserializeOwned> Future for ActivityHandle<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let started = match &mut self.state {
            HandleState::Started(started) => started,
            HandleState::Refused(failure) => {
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
        match decode_optional(result.as_ref()) {
            Ok(result) => Poll::Ready(Ok(result)),
            Err(error) => {
                started.report_bad_result::<T>(&error);
                Poll::Pending
            }
        }
    }
}

impl<T: DeserializeOwned> FusedFuture for ActivityHandle<T> {
    fn is_terminated(&self) -> bool {
        match &self.state {
            HandleState::Started(started) => started.ended(),
            HandleState::Refused(failure) => failure.is_none(),
        }
    }
}

impl<T> fmt::Debug for ActivityHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivityHandle")
    }
}
