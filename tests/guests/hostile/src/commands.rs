//! What goes wrong in what is asked of the host.

use dalsegno_sdk::{Failure, Payload, activity, log, workflow};
use serde_json::Value;
use steps::call;

/// Schedules a million activities at once.
#[workflow]
pub(crate) async fn million_commands() -> Result<(), Failure> {
    for number in 0..1_000_000 {
        call("noop").input(&number).start().detach();
    }
    Ok(())
}

/// Passes 64 MiB, or as many as its argument says, to an activity.
#[workflow]
pub(crate) async fn big_payload(mebibytes: Option<usize>) -> Result<Value, Failure> {
    let data = vec![b'x'; mebibytes.unwrap_or(64) << 20];
    call("noop").input(&Payload::bytes(data)).await
}

/// Logs a million lines.
#[workflow]
pub(crate) async fn log_flood() {
    for number in 0..1_000_000 {
        log::info!("line {number}: {}", "x".repeat(100));
    }
}

/// Schedules an activity without a time limit.
#[workflow]
pub(crate) async fn no_timeout() -> Result<Value, Failure> {
    activity("noop").await
}
