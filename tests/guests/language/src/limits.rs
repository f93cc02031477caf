//! Time limits of activities, and what cancelling them waits for.

use std::time::Duration;

use dalsegno_sdk::{CancellationType, Failure, RetryPolicy, activity, set_memo, sleep, workflow};
use serde::Deserialize;
use serde_json::{Value, json};

/// Notes values of so many bytes, so many at a time, for ever.
#[workflow]
pub(crate) async fn endless(notes: u64, bytes: usize) -> Result<(), Failure> {
    for round in 0_u64.. {
        for note in 0..notes {
            set_memo(&json!({ "note": format!("{round}.{note}.{}", "x".repeat(bytes)) }));
        }
        sleep(Duration::from_millis(1)).await?;
    }
    Ok(())
}

/// The argument of `limited`.
#[derive(Deserialize)]
pub(crate) struct Limited {
    activity: String,
    #[serde(default)]
    input: Value,
    start_to_close_ms: Option<u64>,
    schedule_to_close_ms: Option<u64>,
    heartbeat_ms: Option<u64>,
    interval_ms: Option<u64>,
    #[serde(default)]
    attempts: u32,
    #[serde(default)]
    cancellation: Cancellation,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cancellation {
    #[default]
    Try,
    Wait,
    Abandon,
}

/// Runs an activity within time limits; the result is the activity's.
#[workflow]
pub(crate) async fn limited(argument: Limited) -> Result<Value, Failure> {
    let policy = RetryPolicy {
        initial_interval: Some(Duration::from_millis(argument.interval_ms.unwrap_or(10))),
        backoff_coefficient: Some(1.0),
        ..RetryPolicy::attempts(argument.attempts)
    };
    let cancellation = match argument.cancellation {
        Cancellation::Try => CancellationType::TryCancel,
        Cancellation::Wait => CancellationType::Wait,
        Cancellation::Abandon => CancellationType::Abandon,
    };
    let mut work =
        activity::<Value>(&argument.activity).input(&argument.input).retry(policy).cancellation(cancellation);
    if let Some(limit) = argument.start_to_close_ms {
        work = work.start_to_close(Duration::from_millis(limit));
    }
    if let Some(limit) = argument.schedule_to_close_ms {
        work = work.schedule_to_close(Duration::from_millis(limit));
    }
    if let Some(limit) = argument.heartbeat_ms {
        work = work.heartbeat(Duration::from_millis(limit));
    }
    work.await
}
