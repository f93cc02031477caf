//! What the guests of the tests share.

use std::time::Duration;

use dalsegno_sdk::{Activity, activity};
use serde_json::Value;

/// The time limit of an attempt.
const START_TO_CLOSE: Duration = Duration::from_secs(60);

/// The activity `noop` with this argument.
#[track_caller]
pub fn step(label: &str) -> Activity<Value> {
    call("noop").input(label)
}

/// An activity whose result may be anything.
#[track_caller]
pub fn call(name: &str) -> Activity<Value> {
    activity(name).start_to_close(START_TO_CLOSE)
}
