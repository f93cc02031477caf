//! Signals taken by name, where a handler would be too much.

use std::{
    collections::BTreeMap,
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use crate::{
    bindings::dalsegno::workflow::types::Request,
    failure::Failure,
    payload::{Arguments, FromPayload, Payload},
    runtime::{self, Runtime},
    waits::{Awaited, Waiter},
};

/// The signals of a name that has no handler, in order. Those that came before are kept.
///
/// ```
/// use dalsegno_sdk::{Failure, signals};
///
/// async fn add_until_done() -> Result<u64, Failure> {
///     let (mut numbers, mut sum) = (signals::<Option<u64>>("number"), 0);
///     while let Some(number) = numbers.next().await? {
///         sum += number;
///     }
///     Ok(sum)
/// }
/// ```
///
/// Only running code knows these names and types, so the host cannot check what is sent: an argument that does not fit
/// parks the run that takes it. Where strangers send signals, let a `#[signal]` of the [workflow](macro@crate::workflow)
/// take them, whose arguments have a schema, and put them into a queue in its state.
#[must_use]
pub fn signals<T: FromPayload>(name: impl Into<String>) -> Signals<T> {
    Signals { name: name.into(), headers: BTreeMap::new(), argument: PhantomData }
}

/// The signals of one name; `T` is their first argument, `Option<T>` if it may be absent, `()` if there is
/// none.
pub struct Signals<T> {
    name: String,
    /// Of the last that was taken.
    headers: BTreeMap<String, Payload>,
    argument: PhantomData<fn() -> T>,
}

impl<T: FromPayload> Signals<T> {
    /// Waits for the next one. Fails only if the run is asked to cancel.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: it waits")]
    #[track_caller]
    pub fn next(&mut self) -> NextSignal<'_, T> {
        NextSignal { waiter: Waiter::new(), signals: self, ended: false }
    }

    /// The next one, if it is there already.
    #[track_caller]
    pub fn try_next(&mut self) -> Option<T> {
        let runtime = runtime::current();
        let signal = runtime.signals().take(&self.name)?;
        self.read(&runtime, signal)
    }

    /// What travelled with the signal that was taken last, beside its argument.
    #[must_use]
    pub fn headers(&self) -> &BTreeMap<String, Payload> {
        &self.headers
    }

    /// The argument of a signal. One that does not fit ends the activation: nothing is lost, and the run goes on
    /// when the code is repaired.
    fn read(&mut self, runtime: &Runtime, signal: Request) -> Option<T> {
        let argument = Arguments::new(&signal.input).next("signal");
        self.headers = signal.headers.into_iter().collect();
        argument.map_err(|failure| runtime.report_bug(failure_of_signal(&signal.name, failure))).ok()
    }
}

/// Says which signal it was.
pub(crate) fn failure_of_signal(name: &str, failure: Failure) -> Failure {
    let message = format!("signal `{name}`: {}", failure.message());
    Failure::application(crate::failure::BAD_ARGUMENTS, message).caused_by(failure)
}

/// The future of [`Signals::next`].
#[must_use = "futures do nothing unless awaited"]
pub struct NextSignal<'a, T> {
    waiter: Waiter,
    signals: &'a mut Signals<T>,
    ended: bool,
}

impl<T: FromPayload> Future for NextSignal<'_, T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let runtime = self.waiter.runtime.clone();
        let outcome = match runtime.signals().take(&self.signals.name) {
            Some(signal) => self.signals.read(&runtime, signal).map(Ok),
            None => self.waiter.check_cancelled().err().map(Err),
        };
        match outcome {
            Some(outcome) => {
                self.waiter.leave();
                self.ended = true;
                Poll::Ready(outcome)
            }
            None => {
                let name = self.signals.name.clone();
                self.waiter.wait(context, || Awaited::Signal(name));
                Poll::Pending
            }
        }
    }
}

impl<T: FromPayload> FusedFuture for NextSignal<'_, T> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<T> fmt::Debug for Signals<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for NextSignal<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NextSignal")
    }
}
