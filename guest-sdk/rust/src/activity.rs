//! Activities: work outside the sandbox, in a task queue or beside the workflow.

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::FusedFuture;

use crate::{
    arguments::Outgoing,
    bindings::dalsegno::workflow::activities,
    duration::milliseconds,
    failure::Failure,
    host::{ActivityOptions, Host, Operation},
    operation::{Kind, Started},
    payload::{FromPayload, Payload, ToPayload},
    retry::RetryPolicy,
    running::{Ask, Asked, Running},
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
/// wrong, and the run goes on when it is repaired. Arguments are written, and results read, as JSON by `serde`; a
/// [`Payload`] is passed as it is, [bytes](Payload::bytes) for example.
///
/// Dropping the future before its outcome cancels the activity, so the loser of a `select!` is stopped;
/// see [`ActivityHandle`] for more control.
#[track_caller]
pub fn activity<T: FromPayload>(name: impl Into<String>) -> Activity<T> {
    Activity::new(name.into(), schedule)
}

/// The future of [`activity`] or [`local_activity`](crate::local_activity()), and its options.
#[must_use = "an activity is scheduled when it is awaited"]
pub struct Activity<T, P = Queued>(Asked<Request, T>, PhantomData<fn() -> P>);

/// Says of an [`Activity`] that it runs in a task queue.
#[derive(Debug)]
pub enum Queued {}

/// An activity before it is scheduled.
pub(crate) struct Request {
    waiter: Waiter,
    name: String,
    outgoing: Outgoing,
    pub(crate) options: Options,
    schedule: Schedule,
}

/// Schedules an activity in a task queue, or beside the workflow.
pub(crate) type Schedule = fn(&dyn Host, &str, Outgoing, Options) -> (Operation, Awaited);

/// The options of activities, of which some have a meaning in a task queue only, and one only beside the workflow.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) id: Option<String>,
    pub(crate) task_queue: Option<String>,
    pub(crate) schedule_to_close_ms: Option<u64>,
    pub(crate) schedule_to_start_ms: Option<u64>,
    pub(crate) start_to_close_ms: Option<u64>,
    pub(crate) heartbeat_ms: Option<u64>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) local_retry_threshold_ms: Option<u64>,
    pub(crate) cancellation_type: Option<CancellationType>,
    pub(crate) summary: Option<String>,
}

impl<T: FromPayload, P> Activity<T, P> {
    #[track_caller]
    pub(crate) fn new(name: String, schedule: Schedule) -> Self {
        let (waiter, outgoing, options) = (Waiter::new(), Outgoing::default(), Options::default());
        Self(Asked::new(Request { waiter, name, outgoing, options, schedule }), PhantomData)
    }

    /// Adds an argument.
    pub fn input<A: ToPayload + ?Sized>(self, argument: &A) -> Self {
        self.change(|request| request.outgoing.add(argument))
    }

    /// Says that an argument has no JSON form, and why.
    pub(crate) fn unfit(self, why: Option<String>) -> Self {
        self.change(|request| request.outgoing.spoil(why))
    }

    /// The time limit of one attempt.
    pub fn start_to_close(self, limit: Duration) -> Self {
        self.change(|request| request.options.start_to_close_ms = Some(milliseconds(limit)))
    }

    /// The time limit of the whole, with retries.
    pub fn schedule_to_close(self, limit: Duration) -> Self {
        self.change(|request| request.options.schedule_to_close_ms = Some(milliseconds(limit)))
    }

    /// How failed attempts are repeated.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.change(|request| request.options.retry = Some(policy))
    }

    /// An id of your own, unique among the run's pending activities.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.change(|request| request.options.id = Some(id.into()))
    }

    /// What cancelling waits for.
    pub fn cancellation(self, cancellation_type: CancellationType) -> Self {
        self.change(|request| request.options.cancellation_type = Some(cancellation_type))
    }

    /// A line for people.
    pub fn summary(self, text: impl Into<String>) -> Self {
        self.change(|request| request.options.summary = Some(text.into()))
    }

    /// Adds a value that travels with the call beside its arguments.
    pub fn header<A: ToPayload + ?Sized>(self, name: impl Into<String>, value: &A) -> Self {
        self.change(|request| request.outgoing.add_header(name.into(), value))
    }

    /// Adds values that travel with the call, as they came: [`headers`](crate::headers) of the present code.
    pub fn headers(self, headers: impl IntoIterator<Item = (String, Payload)>) -> Self {
        self.change(|request| request.outgoing.headers.extend(headers))
    }

    /// Schedules it now, before it is awaited.
    pub fn start(self) -> ActivityHandle<T> {
        ActivityHandle(self.0.start())
    }

    pub(crate) fn change(self, change: impl FnOnce(&mut Request)) -> Self {
        Self(self.0.change(change), PhantomData)
    }
}

impl<T: FromPayload> Activity<T> {
    /// How long an attempt may wait for its start.
    pub fn schedule_to_start(self, limit: Duration) -> Self {
        self.change(|request| request.options.schedule_to_start_ms = Some(milliseconds(limit)))
    }

    /// The longest silence of an attempt.
    pub fn heartbeat(self, limit: Duration) -> Self {
        self.change(|request| request.options.heartbeat_ms = Some(milliseconds(limit)))
    }

    /// The task queue, if not the run's own.
    pub fn task_queue(self, name: impl Into<String>) -> Self {
        self.change(|request| request.options.task_queue = Some(name.into()))
    }
}

fn schedule(host: &dyn Host, name: &str, outgoing: Outgoing, options: Options) -> (Operation, Awaited) {
    let request = ActivityOptions {
        activity_id: options.id,
        task_queue: options.task_queue,
        schedule_to_close_ms: options.schedule_to_close_ms,
        schedule_to_start_ms: options.schedule_to_start_ms,
        start_to_close_ms: options.start_to_close_ms,
        heartbeat_ms: options.heartbeat_ms,
        retry_policy: options.retry.map(RetryPolicy::into_contract),
        cancellation_type: options.cancellation_type.unwrap_or(CancellationType::TryCancel),
        summary: options.summary,
        headers: outgoing.headers,
        extensions: Vec::new(),
    };
    let operation = host.schedule_activity(name, &outgoing.input, &request);
    (operation, Awaited::Activity(name.to_owned(), operation))
}

impl Ask for Request {
    fn ask(mut self) -> Result<Started, Failure> {
        self.waiter.check_cancelled()?;
        let (runtime, name) = (self.waiter.runtime.clone(), self.name);
        self.outgoing.check(&runtime, format_args!("activity `{name}`"))?;
        runtime.call_site(self.waiter.location);
        let id = self.options.id.clone();
        let (operation, awaited) = (self.schedule)(runtime.host(), &name, self.outgoing, self.options);
        let id = id.unwrap_or_else(|| operation.to_string());
        Ok(Started::new(self.waiter, operation, Kind::Activity { name, id }, awaited))
    }
}

impl<T: FromPayload, P> Future for Activity<T, P> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T: FromPayload, P> FusedFuture for Activity<T, P> {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl<T, P> fmt::Debug for Activity<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Activity")
    }
}

/// A scheduled activity, local or not: a future of its result that can also be cancelled, or left alone.
///
/// Dropping it before its outcome cancels the activity; [`detach`](Self::detach) lets it run on.
#[must_use = "dropping the handle cancels the activity"]
pub struct ActivityHandle<T>(pub(crate) Running<T>);

impl<T: FromPayload> ActivityHandle<T> {
    /// Asks it to stop. Awaiting it gives a cancelled failure: at once, or if its cancellation type is
    /// [`CancellationType::Wait`], when it ends.
    pub fn cancel(&mut self) {
        self.0.cancel("");
    }

    /// Lets it run on without anybody waiting.
    pub fn detach(self) {
        self.0.detach();
    }
}

impl<T: FromPayload> Future for ActivityHandle<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T: FromPayload> FusedFuture for ActivityHandle<T> {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl<T> fmt::Debug for ActivityHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivityHandle")
    }
}
