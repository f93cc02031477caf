//! Failures and retries.

use std::time::Duration;

use dalsegno_sdk::{Failure, RetryPolicy, workflow};
use serde::Deserialize;
use serde_json::Value;
use steps::call;

/// Fails with a chain of three causes.
#[workflow]
pub(crate) async fn failing() -> Result<(), Failure> {
    let declined = Failure::application("CardDeclined", "not enough funds").detail(&42).non_retryable();
    let payment = Failure::application("PaymentFailed", "cannot charge the card").caused_by(declined);
    Err(Failure::application("OrderFailed", "cannot fulfil the order").caused_by(payment))
}

/// The argument of `retrying`.
#[derive(Deserialize)]
pub(crate) struct Retrying {
    activity: String,
    #[serde(default)]
    input: Value,
    attempts: u32,
    #[serde(default = "ten")]
    interval_ms: u64,
    #[serde(default)]
    non_retryable: Vec<String>,
}

fn ten() -> u64 {
    10
}

/// Runs an activity with a retry policy; the result is the activity's.
#[workflow]
pub(crate) async fn retrying(argument: Retrying) -> Result<Value, Failure> {
    let policy = RetryPolicy {
        initial_interval: Some(Duration::from_millis(argument.interval_ms)),
        backoff_coefficient: Some(1.0),
        non_retryable_error_types: argument.non_retryable,
        ..RetryPolicy::attempts(argument.attempts)
    };
    call(&argument.activity).input(&argument.input).retry(policy).await
}
