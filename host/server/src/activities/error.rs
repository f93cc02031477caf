//! Failures of activities, as their functions return them.

use std::{error::Error, time::Duration};

use dalsegno_engine::{Failure, Millis, Payload, failure::FailureKind};
use serde::Serialize;

/// Why an attempt failed. Any error becomes a retryable one by `?`, with the name of its type.
#[derive(Debug)]
pub struct ActivityError(Box<Failure>);

impl ActivityError {
    /// A failure that is tried again as the retry policy says. `type` is what policies match.
    #[must_use]
    pub fn retryable(r#type: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Failure::application(r#type, message)))
    }

    /// A failure that no policy tries again.
    #[must_use]
    pub fn non_retryable(r#type: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Failure::non_retryable(r#type, message)))
    }

    /// The activity stopped because it was told to.
    #[must_use]
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self(Box::new(Failure::cancelled(message)))
    }

    /// Tried again after this time, whatever the policy's backoff.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        if let FailureKind::Application { next_retry_delay, .. } = &mut self.0.kind {
            *next_retry_delay = Some(Millis(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)));
        }
        self
    }

    /// With a value for the workflow to read. One that cannot be JSON is left out.
    #[must_use]
    pub fn detail(mut self, detail: &impl Serialize) -> Self {
        if let FailureKind::Application { details, .. } = &mut self.0.kind {
            details.extend(serde_json::to_vec(detail).ok().map(Payload::json));
        }
        self
    }

    pub(crate) fn into_failure(self) -> Failure {
        *self.0
    }
}

impl<E: Error> From<E> for ActivityError {
    fn from(error: E) -> Self {
        let name = std::any::type_name::<E>();
        let short = name.split('<').next().and_then(|path| path.rsplit("::").next()).unwrap_or(name);
        let mut failure = Failure::application(short, error.to_string());
        failure.cause = causes(error.source());
        Self(Box::new(failure))
    }
}

fn causes(source: Option<&(dyn Error + 'static)>) -> Option<Box<Failure>> {
    let source = source?;
    let mut failure = Failure::application("Error", source.to_string());
    failure.cause = causes(source.source());
    Some(Box::new(failure))
}
