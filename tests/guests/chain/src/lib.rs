//! Shapes of work for tests and the benchmark.

use std::time::Duration;

use dalsegno_sdk::{Failure, signals, sleep, workflow};
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::Value;
use steps::{call, step};

fn default_activity() -> String {
    "noop".to_owned()
}

/// The argument of `chain`.
#[derive(Deserialize)]
struct Chain {
    steps: u64,
    #[serde(default = "default_activity")]
    activity: String,
}

/// Runs activities one after the other; the result is their number.
#[workflow]
async fn chain(argument: Chain) -> Result<u64, Failure> {
    for step in 0..argument.steps {
        call(&argument.activity).input(&step).await?;
    }
    Ok(argument.steps)
}

/// The argument of `fanout`.
#[derive(Deserialize)]
struct Fanout {
    count: u64,
    #[serde(default = "default_activity")]
    activity: String,
}

/// Runs activities at once; the result is their number.
#[workflow]
async fn fanout(argument: Fanout) -> Result<usize, Failure> {
    let activities = (0..argument.count).map(|index| call(&argument.activity).input(&index));
    Ok(try_join_all(activities).await?.len())
}

/// Waits for the signal `go`, then runs one activity; the result is the signal's argument.
#[workflow]
async fn waiter() -> Result<Value, Failure> {
    let argument = signals("go").next().await?;
    step("woken").await?;
    Ok(argument)
}

/// The argument of `sleeper`.
#[derive(Deserialize)]
struct Sleeper {
    ms: u64,
}

/// Sleeps; the result is how long it was to be.
#[workflow]
async fn sleeper(argument: Sleeper) -> Result<u64, Failure> {
    sleep(Duration::from_millis(argument.ms)).await?;
    Ok(argument.ms)
}

dalsegno_sdk::workflows![chain, fanout, waiter, sleeper];
