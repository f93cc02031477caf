//! Ending a run by beginning a new one with a fresh history.

use std::{
    fmt,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use crate::{
    arguments::Outgoing,
    attributes::SearchAttribute,
    closing,
    duration::milliseconds,
    failure::Failure,
    host::ContinueAsNewOptions,
    payload::{Payload, ToPayload},
    retry::RetryPolicy,
    runtime::{self, Runtime},
};

/// Closes the run, and starts one of the same workflow id with a fresh history, by awaiting it.
///
/// ```
/// use dalsegno_sdk::{Failure, continue_as_new, history, signals, workflow};
///
/// /// Adds numbers for ever; `null` ends it with the sum.
/// #[workflow]
/// async fn sum(mut sum: u64) -> Result<u64, Failure> {
///     let mut numbers = signals::<Option<u64>>("number");
///     while let Some(number) = numbers.next().await? {
///         sum += number;
///         if history().continue_as_new_suggested {
///             return continue_as_new().input(&sum).await;
///         }
///     }
///     Ok(sum)
/// }
/// # fn main() {}
/// ```
///
/// The future is never ready: nothing after it happens in this run. For this its output is of any type, and
/// `return continue_as_new().await` fits every `run`; elsewhere, say `continue_as_new::<()>()`.
///
/// Signals that were not taken by [`signals`](crate::signals()) go to the new run, which receives them before
/// all else. Handlers that are at work are given up, with a warning: wait for
/// [`all_handlers_finished`](crate::all_handlers_finished) before. What no option sets is as in this run.
///
/// A run that was asked to cancel closes as cancelled instead: the new run would know nothing of the request.
/// [`shielded(continue_as_new())`](crate::shielded) goes on all the same.
#[track_caller]
pub fn continue_as_new<T>() -> ContinueAsNew<T> {
    ContinueAsNew {
        runtime: runtime::current(),
        location: Location::caller(),
        outgoing: Outgoing::default(),
        options: no_options(),
        output: PhantomData,
    }
}

/// The future of [`continue_as_new`], and its options.
#[must_use = "the run continues as new when it is awaited"]
pub struct ContinueAsNew<T> {
    runtime: Rc<Runtime>,
    location: &'static Location<'static>,
    outgoing: Outgoing,
    options: ContinueAsNewOptions,
    output: PhantomData<fn() -> T>,
}

fn no_options() -> ContinueAsNewOptions {
    ContinueAsNewOptions {
        workflow_type: None,
        task_queue: None,
        run_timeout_ms: None,
        retry_policy: None,
        memo: None,
        search_attributes: None,
        current_module: false,
        carried_signals: Vec::new(),
        headers: Vec::new(),
        extensions: Vec::new(),
    }
}

impl<T> ContinueAsNew<T> {
    /// Adds an argument for the new run.
    pub fn input<A: ToPayload + ?Sized>(mut self, argument: &A) -> Self {
        self.outgoing.add(argument);
        self
    }

    /// The new run's type.
    pub fn workflow_type(mut self, name: impl Into<String>) -> Self {
        self.options.workflow_type = Some(name.into());
        self
    }

    /// The new run's task queue.
    pub fn task_queue(mut self, name: impl Into<String>) -> Self {
        self.options.task_queue = Some(name.into());
        self
    }

    /// The time limit of the new run.
    pub fn run_timeout(mut self, limit: Duration) -> Self {
        self.options.run_timeout_ms = Some(milliseconds(limit));
        self
    }

    /// How the new run is repeated when it fails.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry_policy = Some(policy.into_contract());
        self
    }

    /// Adds a memo field. The new run then has those given here, and none of this one.
    pub fn memo<V: ToPayload + ?Sized>(mut self, name: impl Into<String>, value: &V) -> Self {
        let value = self.outgoing.payload(value);
        let memo = self.options.memo.get_or_insert_default();
        memo.extend(value.map(|value| (name.into(), value)));
        self
    }

    /// Adds a search attribute. The new run then has those given here, and none of this one.
    pub fn search_attribute(mut self, name: impl Into<String>, value: impl Into<SearchAttribute>) -> Self {
        let attributes = self.options.search_attributes.get_or_insert_default();
        attributes.push((name.into(), value.into().into_payload()));
        self
    }

    /// The new run takes the current module of its type, not this run's own.
    pub fn current_module(mut self) -> Self {
        self.options.current_module = true;
        self
    }

    /// Adds a value that travels with the start beside its arguments.
    pub fn header<V: ToPayload + ?Sized>(mut self, name: impl Into<String>, value: &V) -> Self {
        self.outgoing.add_header(name.into(), value);
        self
    }

    /// Adds values that travel with the start, as they came: [`headers`](crate::headers) of the present code.
    pub fn headers(mut self, headers: impl IntoIterator<Item = (String, Payload)>) -> Self {
        self.outgoing.headers.extend(headers);
        self
    }
}

impl<T> Future for ContinueAsNew<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Self { runtime, location, outgoing, options, .. } = &mut *self;
        if runtime.is_applying() {
            // A handler began while events were left: signals to be carried, or a request to cancel.
            context.waker().wake_by_ref();
        } else if runtime.is_closed() || outgoing.check(runtime, "continue-as-new").is_err() {
            // Nothing follows.
        } else if let Some(reason) = runtime.scope().reason().filter(|_| runtime.cancel_requested()) {
            closing::finish(runtime, Err(Failure::cancelled_because(&reason)));
        } else {
            options.headers = std::mem::take(&mut outgoing.headers);
            runtime.call_site(location);
            closing::continue_as_new(runtime, &outgoing.input, options);
        }
        Poll::Pending
    }
}

impl<T> fmt::Debug for ContinueAsNew<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContinueAsNew")
    }
}
