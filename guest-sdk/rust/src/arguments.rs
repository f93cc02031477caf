//! Arguments and other values on their way to the host.

use std::fmt;

use crate::{
    failure::{BAD_ARGUMENTS, BAD_RESULT, Failure},
    payload::{Payload, ToPayload},
    runtime::{self, Runtime},
};

/// What a call gives to its callee. A value without a JSON form is told when the call is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outgoing {
    pub(crate) input: Vec<Payload>,
    pub(crate) headers: Vec<(String, Payload)>,
    /// Why a value has no JSON form.
    unfit: Option<String>,
}

impl Outgoing {
    pub(crate) fn add<A: ToPayload + ?Sized>(&mut self, argument: &A) {
        let payload = self.payload(argument);
        self.input.extend(payload);
    }

    pub(crate) fn add_header<A: ToPayload + ?Sized>(&mut self, name: String, value: &A) {
        let payload = self.payload(value);
        self.headers.extend(payload.map(|payload| (name, payload)));
    }

    /// A value as JSON, if it has that form.
    pub(crate) fn payload<A: ToPayload + ?Sized>(&mut self, value: &A) -> Option<Payload> {
        value.to_payload().map_err(|error| self.spoil(Some(error.to_string()))).ok()
    }

    /// Says that a value has no JSON form, and why.
    pub(crate) fn spoil(&mut self, why: Option<String>) {
        self.unfit = self.unfit.take().or(why);
    }

    /// Reports a bug of the code if a value has no JSON form.
    pub(crate) fn check(&self, runtime: &Runtime, call: impl fmt::Display) -> Result<(), Failure> {
        let Some(why) = &self.unfit else { return Ok(()) };
        let failure =
            Failure::application(BAD_ARGUMENTS, format!("an argument of {call} has no JSON form: {why}"));
        runtime.report_bug(failure.clone());
        Err(failure)
    }
}

/// The result of `what`, a workflow or an update. One without a JSON form is a bug of the code.
///
/// # Errors
/// It has none.
pub fn outgoing_result<T: ToPayload + ?Sized>(what: &str, result: &T) -> Result<Payload, Failure> {
    result.to_payload().map_err(|error| {
        let failure =
            Failure::application(BAD_RESULT, format!("the result of {what} has no JSON form: {error}"));
        runtime::current().report_bug(failure.clone());
        failure
    })
}
