//! Failures: what went wrong, and the chain of what caused it.

use std::{any::type_name, error::Error, fmt, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    bindings::dalsegno::workflow::types::{self as contract, ActivityFailure, ChildWorkflowFailure},
    duration::milliseconds,
    payload::Payload,
};

pub use crate::bindings::dalsegno::workflow::types::{
    ApplicationFailure, Cause, CauseKind, RetryState, TimeoutKind,
};

/// The type of a failure by arguments that do not fit.
pub(crate) const BAD_ARGUMENTS: &str = "BadArguments";

/// The type of a failure by a result that is not what the code says.
pub(crate) const BAD_RESULT: &str = "BadResult";

/// Why something failed: a chain of causes, the outermost first.
///
/// One type stands for the failures of activities, timers, conditions and your own code, so that `?`,
/// `try_join!` and `select!` mix them freely. Look into it by [`application_type`](Self::application_type),
/// [`is_cancelled`](Self::is_cancelled), [`is_timeout`](Self::is_timeout) and [`causes`](Self::causes).
///
/// Any [`std::error::Error`] becomes a failure by `?`, its type named like the Rust type. For this
/// `Failure` itself is no `Error`, as with `anyhow`.
#[derive(Clone, PartialEq)]
pub struct Failure {
    causes: Vec<Cause>,
    /// It is that of a child which could not be started.
    not_started: bool,
}

impl Failure {
    /// A failure raised by your code. Retry policies and callers match the type exactly.
    #[must_use]
    pub fn application(failure_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(
            message,
            CauseKind::Application(ApplicationFailure {
                type_: failure_type.into(),
                non_retryable: false,
                details: Vec::new(),
                next_retry_delay_ms: None,
            }),
        )
    }

    /// A failure that says: stopped because of a request to cancel.
    #[must_use]
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self::new(message, CauseKind::Cancelled(Vec::new()))
    }

    /// Stopped by a cancellation with this reason, which may be empty.
    pub(crate) fn cancelled_because(reason: &str) -> Self {
        match reason {
            "" => Self::cancelled("cancelled"),
            reason => Self::cancelled(format!("cancelled: {reason}")),
        }
    }

    fn new(message: impl Into<String>, kind: CauseKind) -> Self {
        let causes = vec![Cause { message: message.into(), stack_trace: String::new(), kind }];
        Self { causes, not_started: false }
    }

    /// Says that trying again is of no use. Only for application failures.
    #[must_use]
    pub fn non_retryable(self) -> Self {
        self.change_application(|application| application.non_retryable = true)
    }

    /// Adds a value for those who handle the failure. Only for application failures.
    ///
    /// A value without a JSON form is left out.
    #[must_use]
    pub fn detail<T: Serialize + ?Sized>(self, value: &T) -> Self {
        let payload = Payload::json(value);
        self.change_application(|application| application.details.extend(payload.ok()))
    }

    /// Overrides the backoff before the next attempt. Only for application failures.
    #[must_use]
    pub fn next_retry_delay(self, delay: Duration) -> Self {
        self.change_application(|application| application.next_retry_delay_ms = Some(milliseconds(delay)))
    }

    /// Puts another failure, with all its causes, behind this one.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Failure>) -> Self {
        self.causes.extend(cause.into().causes);
        self
    }

    fn change_application(mut self, change: impl FnOnce(&mut ApplicationFailure)) -> Self {
        if let CauseKind::Application(application) = &mut self.causes[0].kind {
            change(application);
        }
        self
    }

    /// The message of the outermost link.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.causes[0].message
    }

    /// The chain, the outermost link first; never empty.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// The innermost link.
    #[must_use]
    pub fn root_cause(&self) -> &Cause {
        &self.causes[self.causes.len() - 1]
    }

    /// The outermost link that user code raised, in an activity, a child or here.
    #[must_use]
    pub fn application_failure(&self) -> Option<&ApplicationFailure> {
        self.causes.iter().find_map(|cause| match &cause.kind {
            CauseKind::Application(application) => Some(application),
            _ => None,
        })
    }

    /// The type of [`application_failure`](Self::application_failure): `PaymentDeclined`.
    #[must_use]
    pub fn application_type(&self) -> Option<&str> {
        self.application_failure().map(|application| application.type_.as_str())
    }

    /// The detail number `index`, from 0, of [`application_failure`](Self::application_failure), if it
    /// is there and fits `T`.
    #[must_use]
    pub fn application_detail<T: DeserializeOwned>(&self, index: usize) -> Option<T> {
        self.application_failure()?.details.get(index)?.decode().ok()
    }

    /// True of a cancellation: of this code, or of an activity or a child that it awaited. A failure that code
    /// raises in answer to one is none.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled_details().is_some()
    }

    /// True if a time limit of an activity or a child is among the causes.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.causes.iter().any(|cause| matches!(cause.kind, CauseKind::Timeout(_)))
    }

    /// What the cancelled side said of its cancellation, if it is one.
    pub(crate) fn cancelled_details(&self) -> Option<&[Payload]> {
        let hands_on =
            |kind: &CauseKind| matches!(kind, CauseKind::Activity(_) | CauseKind::ChildWorkflow(_));
        match &self.causes.iter().find(|cause| !hands_on(&cause.kind))?.kind {
            CauseKind::Cancelled(details) => Some(details),
            _ => None,
        }
    }

    /// An activity that was given up because of a request to cancel.
    pub(crate) fn activity_cancelled(activity_type: &str, activity_id: &str) -> Self {
        let kind = CauseKind::Activity(ActivityFailure {
            activity_type: activity_type.to_owned(),
            activity_id: activity_id.to_owned(),
            attempts: 1,
            retry_state: RetryState::CancelRequested,
        });
        Self::new("activity cancelled", kind).caused_by(Self::cancelled("activity cancelled"))
    }

    /// A child that was given up because of a request to cancel.
    pub(crate) fn child_cancelled(child: ChildWorkflowFailure) -> Self {
        let kind = CauseKind::ChildWorkflow(child);
        Self::new("child workflow cancelled", kind).caused_by(Self::cancelled("child workflow cancelled"))
    }

    /// The failure of a child that could not be started.
    pub(crate) fn of_start(self) -> Self {
        Self { not_started: true, ..self }
    }

    /// The type of what kept a child from being started.
    pub(crate) fn start_type(&self) -> Option<&str> {
        self.application_type().filter(|_| self.not_started)
    }

    /// The failure as the contract has it. The contract's chain is never empty; an empty one of a faulty
    /// host still becomes a failure.
    pub(crate) fn from_contract(failure: contract::Failure) -> Self {
        if failure.causes.is_empty() {
            return Self::new("the host gave a failure without a cause", CauseKind::Server);
        }
        Self { causes: failure.causes, not_started: false }
    }

    pub(crate) fn into_contract(self) -> contract::Failure {
        contract::Failure { causes: self.causes }
    }
}

/// Any error, by `?`: an application failure with the error's sources as its causes.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut failure = Self::application(short_type_name::<E>(), error.to_string());
        let mut source = error.source();
        while let Some(error) = source {
            failure = failure.caused_by(Self::application("Error", error.to_string()));
            source = error.source();
        }
        failure
    }
}

/// `ParseIntError` of `core::num::error::ParseIntError`, `io::Error` of `std::io::error::Error`.
fn short_type_name<T>() -> String {
    let name = type_name::<T>();
    let mut segments = name.split('<').next().unwrap_or(name).rsplit("::");
    let last = segments.next().unwrap_or(name);
    match segments.find(|segment| *segment != "error") {
        Some(module) if last == "Error" => format!("{module}::Error"),
        _ => last.to_owned(),
    }
}

/// The messages of the chain, the outermost first, with the types that user code gave.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, cause) in self.causes.iter().enumerate() {
            if index > 0 {
                f.write_str(": ")?;
            }
            if let CauseKind::Application(application) = &cause.kind {
                write!(f, "[{}] ", application.type_)?;
            }
            f.write_str(&cause.message)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<u8, Failure> {
        Ok(text.parse()?)
    }

    #[test]
    fn an_error_becomes_a_failure_of_its_type() {
        let failure = parse("x").unwrap_err();
        assert_eq!(failure.application_type(), Some("ParseIntError"));
        assert_eq!(failure.message(), "invalid digit found in string");
    }

    #[test]
    fn an_error_named_like_all_others_is_told_apart_by_its_module() {
        assert_eq!(Failure::from(std::fmt::Error).application_type(), Some("fmt::Error"));
        assert_eq!(Failure::from(std::io::Error::other("x")).application_type(), Some("io::Error"));
    }

    #[test]
    fn the_chain_is_kept_in_order() {
        let declined = Failure::application("Declined", "no funds").non_retryable().detail(&42);
        let failure = Failure::application("OrderFailed", "cannot charge").caused_by(declined);
        assert_eq!(failure.to_string(), "[OrderFailed] cannot charge: [Declined] no funds");
        assert_eq!(failure.root_cause().message, "no funds");
        assert_eq!(failure.application_type(), Some("OrderFailed"));
    }

    #[test]
    fn details_are_read_by_number() {
        let failure = Failure::application("Declined", "no funds").detail(&42).detail("EUR");
        assert_eq!(failure.application_detail::<u8>(0), Some(42));
        assert_eq!(failure.application_detail::<String>(1).as_deref(), Some("EUR"));
        assert_eq!(failure.application_detail::<u8>(2), None);
    }

    #[test]
    fn a_cancelled_activity_counts_as_cancelled() {
        assert!(Failure::activity_cancelled("charge", "1").is_cancelled());
        assert!(!Failure::application("Cancelled", "only a name").is_cancelled());
        let answer = Failure::application("NotReleased", "the clean-up failed");
        assert!(!answer.caused_by(Failure::activity_cancelled("charge", "1")).is_cancelled());
    }
}
