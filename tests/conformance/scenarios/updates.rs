//! Queries, of open and of closed runs, and updates.

use serde_json::json;

use super::scenarios;
use crate::stage::Stage;

scenarios![
    queries,
    update,
    update_rejected,
    update_by_activities,
    update_fails,
    update_unknown,
    update_with_start,
];

async fn queries(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.until("state", json!("waiting")).await;
    ask_everything(stage).await;
    stage.signal("done", json!([])).await;
    stage.client.ended(&stage.id).await;
    ask_everything(stage).await;
}

async fn ask_everything(stage: &mut Stage) {
    stage.ask("state", json!([])).await;
    stage.ask("add", json!([20, 22])).await;
    stage.ask("refused", json!([])).await;
    stage.ask("unknown", json!([])).await;
    stage.ask("bump", json!([])).await;
    stage.ask("bump", json!([])).await;
}

async fn update(stage: &mut Stage) {
    stage.begin_type("updates", json!([])).await;
    stage.update("add", json!([5])).await;
    stage.update("add", json!([6])).await;
    stage.update("withdraw", json!([1])).await;
    stage.signal("close", json!([])).await;
}

async fn update_rejected(stage: &mut Stage) {
    stage.begin_type("updates", json!([])).await;
    stage.update("withdraw", json!([1])).await;
    stage.ask("balance", json!([])).await;
    stage.signal("close", json!([])).await;
}

async fn update_by_activities(stage: &mut Stage) {
    stage.begin_type("updates", json!([])).await;
    stage.update("add-slowly", json!([7])).await;
    stage.signal("close", json!([])).await;
}

async fn update_fails(stage: &mut Stage) {
    stage.begin_type("updates", json!([])).await;
    stage.update("refuse", json!(["not today"])).await;
    stage.signal("close", json!([])).await;
}

async fn update_unknown(stage: &mut Stage) {
    stage.begin_type("updates", json!([])).await;
    stage.update("multiply", json!([2])).await;
    stage.signal("close", json!([])).await;
}

async fn update_with_start(stage: &mut Stage) {
    let body = json!({
        "workflow_type": "updates", "workflow_id": stage.id, "update_name": "add", "update_input": [5],
        "update_id": "add-0",
    });
    let answer = stage.client.post("/workflows:update-with-start?wait=60s&payloads=raw", &body).await;
    stage.note("update with start", &answer, &["status", "result", "failure"]);
    stage.signal("close", json!([])).await;
}
