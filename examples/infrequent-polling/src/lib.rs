//! Asks once in a while, by the retries of an activity.

use std::time::Duration;

use dalsegno_sdk::{Failure, RetryPolicy, http, workflow};
use serde::Deserialize;
use serde_json::Value;

const EVERY_MS: u64 = 60_000;

/// What is waited for.
#[derive(Deserialize)]
struct Poll {
    /// Answers 200 when it is ready, and 503 before.
    url: String,
    /// How long to wait before asking again; a minute by default.
    every_ms: Option<u64>,
    /// How long to ask at most; for ever by default.
    limit_ms: Option<u64>,
}

/// Waits for something that takes hours or days; the result is its answer.
///
/// "Not ready" is a failure that is tried again at regular times. The waiting is the host's, in one row of
/// its store: no loop, no timer, and no event of the history for each try.
#[workflow]
async fn infrequent_polling(poll: Poll) -> Result<Value, Failure> {
    let every = Duration::from_millis(poll.every_ms.unwrap_or(EVERY_MS));
    let policy = RetryPolicy {
        initial_interval: Some(every),
        backoff_coefficient: Some(1.0),
        ..RetryPolicy::default()
    };
    let mut asked = http::get(poll.url).send::<Value>().retry(policy);
    if let Some(limit_ms) = poll.limit_ms {
        asked = asked.schedule_to_close(Duration::from_millis(limit_ms));
    }
    Ok(asked.await?.body)
}

dalsegno_sdk::workflows![infrequent_polling];
