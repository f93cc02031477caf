//! Requests to cancel, shields and scopes.

use serde_json::json;

use super::scenarios;
use crate::stage::Stage;

scenarios![
    cancel_uncaught,
    cancel_caught,
    cancel_with_clean_up,
    cancel_several,
    cancel_becomes_failure,
    inner_scope,
    outer_scope,
];

async fn cancel_uncaught(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until_events("TimerStarted", 1).await;
    stage.cancel().await;
}

async fn cancel_caught(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until_events("TimerStarted", 1).await;
    stage.cancel().await;
}

async fn cancel_with_clean_up(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until_events("ActivityTaskScheduled", 1).await;
    stage.cancel().await;
}

async fn cancel_several(stage: &mut Stage) {
    stage.child();
    stage.begin(json!([])).await;
    stage.until_events("ChildWorkflowExecutionStarted", 1).await;
    stage.cancel().await;
}

async fn cancel_becomes_failure(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until_events("ActivityTaskScheduled", 1).await;
    stage.cancel().await;
}

async fn inner_scope(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until_events("ActivityTaskScheduled", 1).await;
    stage.signal("stop", json!([])).await;
}

async fn outer_scope(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until_events("ActivityTaskScheduled", 1).await;
    stage.signal("stop", json!([])).await;
}
