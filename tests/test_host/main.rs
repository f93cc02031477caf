//! A host as an embedder writes one: `dalsegno serve` with activities in Rust.
//!
//! `test-host serve --config FILE`; the file is that of `dalsegno serve`.

mod conformance;

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use dalsegno_server::{ActivityContext, ActivityError, Host, config::HostConfig, telemetry::logs};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    // Uploads are compiled by this program, started again.
    dalsegno_sandbox::compile_child_main();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, flag, file] = arguments.as_slice() else { return wrong_usage() };
    if command != "serve" || flag != "--config" {
        return wrong_usage();
    }
    match serve(file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn wrong_usage() -> ExitCode {
    eprintln!("usage: test-host serve --config FILE");
    ExitCode::from(2)
}

#[tokio::main]
async fn serve(file: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let config = HostConfig::from_toml(&text)?;
    logs::init(config.log_format)?;
    let host = Host::builder()
        .config(config)
        .activity("echo", |_: ActivityContext, argument: Value| async move { Ok(argument) })
        .activity("third-attempt", third_attempt)
        .activity("heartbeat", heartbeat)
        .activity("heedless", heedless)
        .activity("cleans-up", cleans_up)
        .activity("panics", panics)
        .activity("poll", poll)
        .activity("decline", conformance::decline)
        .activity("unavailable", conformance::unavailable)
        .activity("succeeds-at", conformance::succeeds_at)
        .activity("hang", conformance::hang)
        .build()
        .await?;
    let shutdown = CancellationToken::new();
    tokio::spawn(stop_when_told(shutdown.clone()));
    host.serve(shutdown).await
}

async fn stop_when_told(shutdown: CancellationToken) {
    if let Ok(mut told) = signal(SignalKind::terminate()) {
        told.recv().await;
    }
    shutdown.cancel();
}

/// Succeeds at the third attempt, with the key, which is the same for all.
async fn third_attempt(context: ActivityContext, _: Value) -> Result<Value, ActivityError> {
    let info = context.info();
    if info.attempt < 3 {
        let soon = Duration::from_millis(10);
        return Err(ActivityError::retryable("TooEarly", "not yet").detail(&info.attempt).retry_after(soon));
    }
    Ok(json!({ "attempt": info.attempt, "key": info.idempotency_key }))
}

/// Falls silent in its first attempt; the second one tells what the first had reached.
async fn heartbeat(context: ActivityContext, _: Value) -> Result<Value, ActivityError> {
    if let Some(reached) = context.last_heartbeat::<u32>() {
        return Ok(json!({ "attempt": context.info().attempt, "reached": reached }));
    }
    context.heartbeat(&7);
    std::future::pending().await
}

/// Does not hear that it is to stop.
async fn heedless(_: ActivityContext, milliseconds: u64) -> Result<Value, ActivityError> {
    let work = std::future::pending::<()>();
    let _ = tokio::time::timeout(Duration::from_millis(milliseconds), work).await;
    Ok(json!("done all the same"))
}

/// Works until it is told to stop, and tells what it had done.
async fn cleans_up(context: ActivityContext, _: Value) -> Result<Value, ActivityError> {
    context.cancelled().await;
    Err(ActivityError::cancelled("put away"))
}

/// What `poll` is asked.
#[derive(serde::Deserialize)]
struct Question {
    url: String,
    every_ms: u64,
}

/// Asks until it is ready. Falls silent in its first attempt if the address says so.
async fn poll(context: ActivityContext, question: Question) -> Result<Value, ActivityError> {
    let mut asked = context.last_heartbeat::<u64>().unwrap_or_default();
    loop {
        asked += 1;
        context.heartbeat(&asked);
        if asked == 3 && context.info().attempt == 1 && question.url.ends_with("silent") {
            return std::future::pending().await;
        }
        let address = question.url.trim_end_matches("&silent");
        let answer = reqwest::get(address).await;
        let answer = answer.map_err(|error| ActivityError::retryable("NoAnswer", error.to_string()))?;
        if answer.status().is_success() {
            return Ok(json!({ "asked": asked }));
        }
        let next = tokio::time::timeout(Duration::from_millis(question.every_ms), context.cancelled());
        if next.await.is_ok() {
            return Err(ActivityError::cancelled("stopped asking"));
        }
    }
}

/// Has a bug.
async fn panics(_: ActivityContext, _: Value) -> Result<Value, ActivityError> {
    panic!("an activity with a bug")
}
