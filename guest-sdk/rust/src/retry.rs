//! How often and when failed attempts are repeated.

use std::time::Duration;

use crate::{bindings::dalsegno::workflow::types as contract, duration::milliseconds};

/// How failed attempts of an activity, a child or a run are repeated. What is `None` has the host's default.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::RetryPolicy;
///
/// let policy = RetryPolicy { maximum_interval: Some(Duration::from_secs(60)), ..RetryPolicy::attempts(5) };
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetryPolicy {
    /// The first backoff; 1 s by default.
    pub initial_interval: Option<Duration>,
    /// What each backoff is multiplied with; 2.0 by default.
    pub backoff_coefficient: Option<f64>,
    /// The longest backoff; 100 times the first by default.
    pub maximum_interval: Option<Duration>,
    /// 1 means that nothing is repeated, 0 (the default) that the number is not limited.
    pub maximum_attempts: Option<u32>,
    /// Types of application failures that are not repeated, matched exactly.
    pub non_retryable_error_types: Vec<String>,
}

impl RetryPolicy {
    /// At most this many attempts.
    #[must_use]
    pub fn attempts(maximum: u32) -> Self {
        Self { maximum_attempts: Some(maximum), ..Self::default() }
    }

    /// One attempt: the activity happens at most once.
    #[must_use]
    pub fn none() -> Self {
        Self::attempts(1)
    }

    pub(crate) fn into_contract(self) -> contract::RetryPolicy {
        contract::RetryPolicy {
            initial_interval_ms: self.initial_interval.map(milliseconds),
            backoff_coefficient: self.backoff_coefficient,
            maximum_interval_ms: self.maximum_interval.map(milliseconds),
            maximum_attempts: self.maximum_attempts,
            non_retryable_error_types: self.non_retryable_error_types,
        }
    }

    pub(crate) fn from_contract(policy: contract::RetryPolicy) -> Self {
        Self {
            initial_interval: policy.initial_interval_ms.map(Duration::from_millis),
            backoff_coefficient: policy.backoff_coefficient,
            maximum_interval: policy.maximum_interval_ms.map(Duration::from_millis),
            maximum_attempts: policy.maximum_attempts,
            non_retryable_error_types: policy.non_retryable_error_types,
        }
    }
}
