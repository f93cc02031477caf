//! Local activities: short work in the host, next to the workflow.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::FusedFuture;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    activity::{ActivityHandle, CancellationType},
    arguments::Outgoing,
    duration::milliseconds,
    failure::Failure,
    host::LocalActivityOptions,
    operation::{Kind, Started},
    payload::Payload,
    retry::RetryPolicy,
    running::{Ask, Asked},
    waits::{Awaited, Waiter},
};

/// Short work in the host itself, by its name. Needs a time limit; is scheduled when it is first polled.
///
/// It has no task queue, and its result is stored together with what the workflow does next: several in a
/// row cost one commit. For this it is repeated from its beginning if the host stops meanwhile, and it
/// cannot heartbeat.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Failure, local_activity};
///
/// async fn price(sku: &str, country: &str) -> Result<u64, Failure> {
///     let limit = Duration::from_secs(5);
///     let net: u64 = local_activity("look-up-price").input(sku).start_to_close(limit).await?;
///     local_activity("add-tax").input(&net).input(country).start_to_close(limit).await
/// }
/// ```
///
/// Results, cancelling and dropping are as with an [`activity`](crate::activity()).
#[track_caller]
pub fn local_activity<T: DeserializeOwned>(name: impl Into<String>) -> LocalActivity<T> {
    LocalActivity(Asked::new(Request {
        waiter: Waiter::new(),
        name: name.into(),
        outgoing: Outgoing::default(),
        options: no_options(),
    }))
}

/// The future of [`local_activity`], and its options.
#[must_use = "an activity is scheduled when it is awaited"]
pub struct LocalActivity<T>(Asked<Request, T>);

struct Request {
    waiter: Waiter,
    name: String,
    outgoing: Outgoing,
    options: LocalActivityOptions,
}

fn no_options() -> LocalActivityOptions {
    LocalActivityOptions {
        activity_id: None,
        schedule_to_close_ms: None,
        start_to_close_ms: None,
        retry_policy: None,
        local_retry_threshold_ms: None,
        cancellation_type: CancellationType::TryCancel,
        summary: None,
        headers: Vec::new(),
        extensions: Vec::new(),
    }
}

impl<T: DeserializeOwned> LocalActivity<T> {
    /// Adds an argument.
    pub fn input<A: Serialize + ?Sized>(self, argument: &A) -> Self {
        self.change(|request| request.outgoing.add(argument))
    }

    /// Adds an argument that is a payload already.
    pub fn payload(self, payload: Payload) -> Self {
        self.change(|request| request.outgoing.input.push(payload))
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
        self.change(|request| request.options.retry_policy = Some(policy.into_contract()))
    }

    /// A backoff longer than this becomes a durable timer; a minute by default.
    pub fn local_retry_threshold(self, backoff: Duration) -> Self {
        self.change(|request| request.options.local_retry_threshold_ms = Some(milliseconds(backoff)))
    }

    /// An id of your own, unique among the run's pending activities.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.change(|request| request.options.activity_id = Some(id.into()))
    }

    /// What cancelling waits for.
    pub fn cancellation(self, cancellation_type: CancellationType) -> Self {
        self.change(|request| request.options.cancellation_type = cancellation_type)
    }

    /// A line for people.
    pub fn summary(self, text: impl Into<String>) -> Self {
        self.change(|request| request.options.summary = Some(text.into()))
    }

    /// Adds a value that travels with the call beside its arguments.
    pub fn header<A: Serialize + ?Sized>(self, name: impl Into<String>, value: &A) -> Self {
        self.change(|request| request.outgoing.add_header(name.into(), value))
    }

    /// Schedules it now, before it is awaited.
    pub fn start(self) -> ActivityHandle<T> {
        ActivityHandle(self.0.start())
    }

    fn change(self, change: impl FnOnce(&mut Request)) -> Self {
        Self(self.0.change(change))
    }
}

impl Ask for Request {
    fn ask(mut self) -> Result<Started, Failure> {
        self.waiter.check_cancelled()?;
        let runtime = self.waiter.runtime.clone();
        self.outgoing.check(&runtime, format_args!("local activity `{}`", self.name))?;
        self.options.headers = self.outgoing.headers;
        runtime.call_site(self.waiter.location);
        let operation =
            runtime.host().schedule_local_activity(&self.name, &self.outgoing.input, &self.options);
        let id = self.options.activity_id.unwrap_or_else(|| operation.to_string());
        let awaited = Awaited::LocalActivity(self.name.clone(), operation);
        Ok(Started::new(self.waiter, operation, Kind::Activity { name: self.name, id }, awaited))
    }
}

impl<T: DeserializeOwned> Future for LocalActivity<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T: DeserializeOwned> FusedFuture for LocalActivity<T> {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl<T> fmt::Debug for LocalActivity<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalActivity")
    }
}
