//! Work outside: in sequence, in parallel, failing, tried again, cancelled, next to the workflow.

use std::time::Duration;

use dalsegno_sdk::{CancellationType, CauseKind, Failure, RetryPolicy, local_activity, workflow};
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::{START_TO_CLOSE, call, cancelled, go};

/// Each with what the one before gave.
#[workflow]
pub(crate) async fn activities_in_sequence() -> Result<[String; 3], Failure> {
    let a: String = call("echo").input("a").await?;
    let b: String = call("echo").input(&(a.clone() + "b")).await?;
    let c: String = call("echo").input(&(b.clone() + "c")).await?;
    Ok([a, b, c])
}

/// All at once.
#[workflow]
pub(crate) async fn activities_in_parallel() -> Result<Vec<u32>, Failure> {
    try_join_all((1..=3).map(|number| call("echo").input(&number))).await
}

/// Fails as its activity does.
#[workflow]
pub(crate) async fn activity_fails() -> Result<Value, Failure> {
    call("decline").input("4242").await
}

/// Tells what the failure of its activity says.
#[workflow]
pub(crate) async fn activity_failure_caught() -> Result<Value, Failure> {
    let failure = call::<Value>("decline").input("4242").await.expect_err("cards are declined");
    let Some(CauseKind::Activity(activity)) = failure.causes().first().map(|cause| &cause.kind) else {
        return Err(failure);
    };
    Ok(json!({
        "activity": activity.activity_type, "attempts": activity.attempts,
        "code": failure.application_detail::<Value>(0).map(|detail| detail["code"].clone()),
        "message": failure.root_cause().message, "type": failure.application_type(),
    }))
}

/// The policy of all scenarios.
pub(crate) fn retry(attempts: u32) -> RetryPolicy {
    RetryPolicy {
        initial_interval: Some(Duration::from_millis(10)),
        backoff_coefficient: Some(1.0),
        maximum_interval: Some(Duration::from_secs(1)),
        ..RetryPolicy::attempts(attempts)
    }
}

/// The third attempt succeeds.
#[workflow]
pub(crate) async fn activity_retried() -> Result<u32, Failure> {
    call("succeeds-at").input(&3).retry(retry(5)).await
}

/// No attempt succeeds.
#[workflow]
pub(crate) async fn activity_attempts_used_up() -> Result<Value, Failure> {
    call("unavailable").input("x").retry(retry(2)).await
}

/// The policy does not try its type again.
#[workflow]
pub(crate) async fn activity_type_not_retried() -> Result<u32, Failure> {
    let policy = RetryPolicy { non_retryable_error_types: vec!["Unavailable".to_owned()], ..retry(5) };
    let failed = call::<Value>("unavailable").input("x").retry(policy).await;
    let failure = failed.expect_err("it is never available");
    match failure.causes().first().map(|cause| &cause.kind) {
        Some(CauseKind::Activity(activity)) => Ok(activity.attempts),
        _ => Err(failure),
    }
}

/// Every option there is.
#[workflow]
pub(crate) async fn activity_options() -> Result<String, Failure> {
    call("echo")
        .input("x")
        .id("my-id")
        .schedule_to_close(Duration::from_secs(40))
        .schedule_to_start(Duration::from_secs(20))
        .start_to_close(Duration::from_secs(10))
        .heartbeat(Duration::from_secs(5))
        .retry(retry(3))
        .cancellation(CancellationType::Wait)
        .summary("for people")
        .await
}

/// One attempt, which takes too long.
#[workflow]
pub(crate) async fn activity_times_out() -> Result<&'static str, Failure> {
    let limited = call::<Value>("hang").start_to_close(Duration::from_millis(100)).retry(retry(1));
    match limited.await {
        Err(failure) if failure.is_timeout() => Ok("timed out"),
        ended => Err(ended.expect_err("it never ends")),
    }
}

/// Cancels its activity at the signal `go`.
#[workflow]
pub(crate) async fn activity_cancelled() -> Result<&'static str, Failure> {
    let mut hanging = call::<Value>("hang").start();
    go().await?;
    hanging.cancel();
    cancelled(hanging.await)
}

/// The same, and waits for its end.
#[workflow]
pub(crate) async fn activity_cancelled_and_awaited() -> Result<&'static str, Failure> {
    let mut hanging = call::<Value>("hang").cancellation(CancellationType::Wait).start();
    go().await?;
    hanging.cancel();
    cancelled(hanging.await)
}

/// As many as it is told, one after the other.
#[workflow]
pub(crate) async fn chain(length: u32) -> Result<u32, Failure> {
    for number in 0..length {
        let _: Value = call("echo").input(&number).await?;
    }
    Ok(length)
}

/// One after the other, next to the workflow.
#[workflow]
pub(crate) async fn local_activities() -> Result<Vec<u32>, Failure> {
    let mut results = Vec::new();
    for number in 1..=3 {
        results.push(local_activity("echo").input(&number).start_to_close(START_TO_CLOSE).await?);
    }
    Ok(results)
}
