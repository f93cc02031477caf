//! Activities: in sequence, in parallel, failing, tried again, cancelled, next to the workflow.

use dalsegno_tests::eventually;
use serde_json::json;

use super::scenarios;
use crate::stage::Stage;

scenarios![
    activities_in_sequence,
    activities_in_parallel,
    activity_fails,
    activity_failure_caught,
    activity_retried,
    activity_attempts_used_up,
    activity_type_not_retried,
    activity_options,
    activity_times_out,
    activity_cancelled,
    activity_cancelled_and_awaited,
    chain,
    local_activities,
    local_activity_options,
];

async fn activities_in_sequence(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activities_in_parallel(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activity_fails(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activity_failure_caught(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activity_retried(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activity_attempts_used_up(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activity_type_not_retried(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activity_options(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activity_times_out(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn activity_cancelled(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until_events("ActivityTaskScheduled", 1).await;
    stage.signal("go", json!([])).await;
}

async fn activity_cancelled_and_awaited(stage: &mut Stage) {
    stage.begin(json!([])).await;
    eventually("the attempt is under way", async || {
        let described = stage.client.describe(&stage.id).await;
        if described["pending_activities"][0]["state"] == "started" { Ok(()) } else { Err(described) }
    })
    .await;
    stage.signal("go", json!([])).await;
}

async fn chain(stage: &mut Stage) {
    stage.begin(json!([20])).await;
}

async fn local_activities(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn local_activity_options(stage: &mut Stage) {
    stage.begin(json!([])).await;
}
