//! Timers: fired, cancelled, and as limits of other things.

use serde_json::json;

use super::scenarios;
use crate::stage::Stage;

scenarios![
    timer,
    timers_in_order_of_firing,
    timer_cancelled,
    race,
    timeout,
    condition_met,
    condition_timed_out,
    condition_cancelled,
];

async fn timer(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn timers_in_order_of_firing(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn timer_cancelled(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until_events("TimerStarted", 1).await;
    stage.signal("go", json!([])).await;
}

async fn race(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn timeout(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn condition_met(stage: &mut Stage) {
    stage.begin_type("condition", json!([60 * 60 * 1000])).await;
    stage.until_events("TimerStarted", 1).await;
    stage.signal("set", json!([])).await;
}

async fn condition_timed_out(stage: &mut Stage) {
    stage.begin_type("condition", json!([50])).await;
}

async fn condition_cancelled(stage: &mut Stage) {
    stage.begin_type("condition", json!([60 * 60 * 1000])).await;
    stage.until_events("TimerStarted", 1).await;
    stage.cancel().await;
}
