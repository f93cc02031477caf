//! Requests to cancel.

use std::time::Duration;

use dalsegno_sdk::{Failure, cancelled, shielded, sleep, workflow};
use serde::Deserialize;
use serde_json::Value;
use steps::call;

/// A year: longer than any test.
const LONG: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The argument of `cancel-cleanup`.
#[derive(Deserialize)]
pub(crate) struct Activities {
    /// The work that is cancelled; a long timer if absent.
    work: Option<String>,
    /// The clean-up.
    #[serde(default = "noop")]
    cleanup: String,
}

fn noop() -> String {
    "noop".to_owned()
}

/// Works until it is cancelled, cleans up by an activity, and closes as cancelled.
#[workflow]
pub(crate) async fn cancel_cleanup(activities: Activities) -> Result<Value, Failure> {
    let worked = match &activities.work {
        Some(work) => call(work).input("work").await,
        None => sleep(LONG).await.map(|()| Value::Null),
    };
    if worked.as_ref().is_err_and(Failure::is_cancelled) {
        shielded(call(&activities.cleanup).input("cleanup")).await?;
    }
    worked
}

/// Waits until it is cancelled, and completes with the reason.
#[workflow]
pub(crate) async fn cancel_caught() -> Result<String, Failure> {
    let failure = sleep(LONG).await.expect_err("the timer is longer than any test");
    assert!(failure.is_cancelled(), "{failure}");
    Ok(format!("caught: {}", cancelled().await))
}
