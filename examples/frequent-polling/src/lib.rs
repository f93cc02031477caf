//! Asks every few moments, by an activity that heartbeats.

use std::time::Duration;

use dalsegno_sdk::{Failure, RetryPolicy, activity, workflow};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest silence of the activity, in its default.
const HEARTBEAT_MS: u64 = 5_000;

/// What is waited for.
#[derive(Deserialize)]
struct Poll {
    /// Answers 200 when it is ready, and 503 before.
    url: String,
    every_ms: u64,
    heartbeat_ms: Option<u64>,
}

/// The argument of the activity.
#[derive(Serialize)]
struct Question {
    url: String,
    every_ms: u64,
}

/// Waits for something that is ready soon.
///
/// The loop is in the activity, so that a round costs nothing here. It heartbeats in each round: if it falls
/// silent, its host is gone, and it is begun anew elsewhere, at once and not only when its time is over.
#[workflow]
async fn frequent_polling(poll: Poll) -> Result<Value, Failure> {
    let again = RetryPolicy { initial_interval: Some(Duration::from_millis(100)), ..RetryPolicy::default() };
    activity("poll")
        .input(&Question { url: poll.url, every_ms: poll.every_ms })
        .start_to_close(Duration::from_secs(60 * 60))
        .heartbeat(Duration::from_millis(poll.heartbeat_ms.unwrap_or(HEARTBEAT_MS)))
        .retry(again)
        .await
}

dalsegno_sdk::workflows![frequent_polling];
