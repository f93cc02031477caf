//! Runs that follow each other, and code that has changed.

use dalsegno_tests::eventually;
use serde_json::json;

use super::scenarios;
use crate::stage::Stage;

scenarios![continue_as_new, continue_as_new_options, carried_signal, retried_workflow, patches];

async fn continue_as_new(stage: &mut Stage) {
    stage.begin(json!([0, []])).await;
}

async fn continue_as_new_options(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn carried_signal(stage: &mut Stage) {
    stage.begin(json!([0])).await;
    stage.signal("late", json!(["to the first run"])).await;
    stage.signal("go", json!([])).await;
    eventually("the second run has begun", async || {
        let described = stage.client.describe(&stage.id).await;
        if described["continued_run_id"].is_string() { Ok(()) } else { Err(described) }
    })
    .await;
    stage.signal("late", json!(["to the second run"])).await;
}

async fn retried_workflow(stage: &mut Stage) {
    let policy = json!({ "initial_interval": "10ms", "backoff_coefficient": 1.0, "maximum_attempts": 3 });
    let body =
        json!({ "workflow_type": stage.id, "workflow_id": stage.id, "input": [], "retry_policy": policy });
    let _ = stage.client.start(&body).await.json(201);
}

async fn patches(stage: &mut Stage) {
    stage.begin(json!([])).await;
}
