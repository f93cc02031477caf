//! Runs that follow each other, and code that has changed.

use dalsegno_sdk::{
    Failure, continue_as_new, deprecate_patch, get_version, info, patched, signals, workflow,
};
use serde_json::{Value, json};

use crate::{call, go};

/// Three runs, each with what those before left.
#[workflow(name = "continue-as-new")]
pub(crate) async fn continued(number: u32, mut log: Vec<u32>) -> Result<Vec<u32>, Failure> {
    log.push(call("echo").input(&number).await?);
    if number == 2 {
        return Ok(log);
    }
    continue_as_new().input(&(number + 1)).input(&log).await
}

/// Leaves a signal to the run that follows.
#[workflow]
pub(crate) async fn carried_signal(round: u32) -> Result<[Value; 2], Failure> {
    if round == 0 {
        go().await?;
        return continue_as_new().input(&1).await;
    }
    let mut late = signals("late");
    Ok([late.next().await?, late.next().await?])
}

/// The third attempt succeeds.
#[workflow]
pub(crate) async fn retried_workflow() -> Result<u32, Failure> {
    let attempt = info().attempt;
    if attempt < 3 {
        return Err(Failure::application("Unlucky", format!("attempt {attempt}")));
    }
    Ok(attempt)
}

/// Each kind of change, some asked for twice.
#[workflow]
pub(crate) async fn patches() -> Result<Value, Failure> {
    let (a, b) = (patched("first"), patched("first"));
    deprecate_patch("second");
    let (v, w) = (get_version("third", 1, 3), get_version("third", 1, 3));
    call("echo").input(&json!([a, b, v, w])).await
}
