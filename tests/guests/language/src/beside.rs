//! Activities next to the workflow.

use std::time::Duration;

use dalsegno_sdk::{Failure, RetryPolicy, local_activity, workflow};
use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;

/// The argument of `local-work`.
#[derive(Deserialize)]
pub(crate) struct Local {
    #[serde(default = "noop")]
    activity: String,
    #[serde(default)]
    attempts: u32,
    #[serde(default = "ten")]
    interval_ms: u64,
    threshold_ms: Option<u64>,
    /// One after the other.
    #[serde(default)]
    in_sequence: u64,
    /// Then at once.
    #[serde(default)]
    in_parallel: u64,
}

fn noop() -> String {
    "noop".to_owned()
}

fn ten() -> u64 {
    10
}

impl Local {
    async fn call(&self, number: u64) -> Result<Value, Failure> {
        let policy = RetryPolicy {
            initial_interval: Some(Duration::from_millis(self.interval_ms)),
            backoff_coefficient: Some(1.0),
            ..RetryPolicy::attempts(self.attempts)
        };
        let mut call = local_activity(&self.activity).input(&number).retry(policy);
        if let Some(threshold) = self.threshold_ms {
            call = call.local_retry_threshold(Duration::from_millis(threshold));
        }
        call.start_to_close(Duration::from_secs(60)).await
    }
}

/// Runs local activities; the result is what they returned.
#[workflow]
pub(crate) async fn local_work(plan: Local) -> Result<Vec<Value>, Failure> {
    let mut results = Vec::new();
    for number in 0..plan.in_sequence {
        results.push(plan.call(number).await?);
    }
    for result in join_all((0..plan.in_parallel).map(|number| plan.call(number))).await {
        results.push(result?);
    }
    Ok(results)
}
