//! Other runs, by workflow id: signals and requests to cancel.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use crate::{
    arguments::Outgoing,
    child::ChildIdentity,
    failure::Failure,
    host::{SignalOptions, Target},
    operation::{Kind, Started},
    payload::{Payload, ToPayload},
    running::{Ask, Asked},
    waits::{Awaited, Waiter},
};

/// Another workflow, by its id: to be signalled or cancelled.
///
/// ```
/// use dalsegno_sdk::{Failure, external};
///
/// async fn hand_over(account: &str, cents: u64) -> Result<(), Failure> {
///     external(account).signal("deposit").input(&cents).await?;
///     external("collector").cancel("all is paid").await
/// }
/// ```
///
/// Both are ready once they are in the other's history, and fail if there is no such open workflow. A
/// message that was sent cannot be taken back: when its scope is cancelled, or its future dropped, it may
/// still arrive.
pub fn external(workflow_id: impl Into<String>) -> External {
    External { target: Target { namespace: None, workflow_id: workflow_id.into(), run_id: None } }
}

/// What [`external`] gives.
#[derive(Debug, Clone)]
#[must_use = "it does nothing unless it is signalled or cancelled"]
pub struct External {
    target: Target,
}

impl External {
    /// The namespace, if not this run's own.
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.target.namespace = Some(name.into());
        self
    }

    /// This very run; the newest of the workflow id otherwise.
    pub fn run_id(mut self, id: impl Into<String>) -> Self {
        self.target.run_id = Some(id.into());
        self
    }

    /// Sends a signal.
    #[track_caller]
    pub fn signal(&self, name: impl Into<String>) -> SignalRun {
        SignalRun::new(self.target.clone(), name.into(), false)
    }

    /// Asks it to cancel, with a reason that may be empty.
    #[track_caller]
    pub fn cancel(&self, reason: impl Into<String>) -> CancelRun {
        let request = Cancel { waiter: Waiter::new(), target: self.target.clone(), reason: reason.into() };
        CancelRun(Asked::new(request))
    }
}

/// A signal for a child. Its newest run gets it, should it have continued as new.
#[track_caller]
pub(crate) fn signal_child(child: &ChildIdentity, name: String) -> SignalRun {
    let (namespace, workflow_id) = (child.namespace.clone(), child.workflow_id.clone());
    SignalRun::new(Target { namespace, workflow_id, run_id: None }, name, true)
}

/// A signal to another run: sent when it is first polled, ready when it is in the other's history.
#[must_use = "a signal is sent when it is awaited"]
pub struct SignalRun(Asked<Signal, ()>);

struct Signal {
    waiter: Waiter,
    target: Target,
    name: String,
    outgoing: Outgoing,
    child_only: bool,
}

impl SignalRun {
    #[track_caller]
    fn new(target: Target, name: String, child_only: bool) -> Self {
        let waiter = Waiter::new();
        Self(Asked::new(Signal { waiter, target, name, outgoing: Outgoing::default(), child_only }))
    }

    /// Adds an argument.
    pub fn input<A: ToPayload + ?Sized>(self, argument: &A) -> Self {
        Self(self.0.change(|signal| signal.outgoing.add(argument)))
    }

    /// Adds a value that travels with the signal beside its arguments.
    pub fn header<A: ToPayload + ?Sized>(self, name: impl Into<String>, value: &A) -> Self {
        Self(self.0.change(|signal| signal.outgoing.add_header(name.into(), value)))
    }

    /// Adds values that travel with the signal, as they came: [`headers`](crate::headers) of the present code.
    pub fn headers(self, headers: impl IntoIterator<Item = (String, Payload)>) -> Self {
        Self(self.0.change(|signal| signal.outgoing.headers.extend(headers)))
    }

    /// Refuses if the other is no child of this run.
    pub fn child_only(self) -> Self {
        Self(self.0.change(|signal| signal.child_only = true))
    }
}

impl Ask for Signal {
    fn ask(mut self) -> Result<Started, Failure> {
        self.waiter.check_cancelled()?;
        let runtime = self.waiter.runtime.clone();
        self.outgoing.check(&runtime, format_args!("signal `{}`", self.name))?;
        let Outgoing { input, headers, .. } = self.outgoing;
        let options = SignalOptions { child_only: self.child_only, headers, extensions: Vec::new() };
        runtime.call_site(self.waiter.location);
        let operation = runtime.host().signal_run(&self.target, &self.name, &input, &options);
        let awaited = Awaited::SignalTo(self.name, self.target.workflow_id, operation);
        Ok(Started::new(self.waiter, operation, Kind::Message, awaited))
    }
}

/// A request to cancel another run: sent when it is first polled, ready when it is in the other's history.
#[must_use = "the request is sent when it is awaited"]
pub struct CancelRun(Asked<Cancel, ()>);

struct Cancel {
    waiter: Waiter,
    target: Target,
    reason: String,
}

impl Ask for Cancel {
    fn ask(mut self) -> Result<Started, Failure> {
        self.waiter.check_cancelled()?;
        let runtime = self.waiter.runtime.clone();
        runtime.call_site(self.waiter.location);
        let operation = runtime.host().cancel_run(&self.target, &self.reason);
        let awaited = Awaited::CancelOf(self.target.workflow_id, operation);
        Ok(Started::new(self.waiter, operation, Kind::Message, awaited))
    }
}

impl Future for SignalRun {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl FusedFuture for SignalRun {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl Future for CancelRun {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl FusedFuture for CancelRun {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl fmt::Debug for SignalRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignalRun")
    }
}

impl fmt::Debug for CancelRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelRun")
    }
}
