//! Children and other runs.

use serde_json::json;

use super::scenarios;
use crate::stage::Stage;

scenarios![
    child_executed,
    child_failure,
    child_failure_caught,
    child_cancelled,
    child_signalled,
    child_terminated,
    child_abandoned,
    child_options,
    child_id_taken,
    external,
    external_missing,
    info_of_child,
];

async fn child_executed(stage: &mut Stage) {
    stage.child();
    stage.begin(json!([])).await;
}

async fn child_failure(stage: &mut Stage) {
    stage.child();
    stage.begin(json!([])).await;
}

async fn child_failure_caught(stage: &mut Stage) {
    stage.child();
    stage.begin(json!([])).await;
}

async fn child_cancelled(stage: &mut Stage) {
    stage.child();
    stage.begin(json!([])).await;
    stage.until_events("ChildWorkflowExecutionStarted", 1).await;
    stage.signal("go", json!([])).await;
}

async fn child_signalled(stage: &mut Stage) {
    let child = stage.child();
    stage.begin(json!([])).await;
    stage.until_events("ExternalWorkflowExecutionSignaled", 1).await;
    stage.client.signal(&child, "finish", json!([])).await;
}

async fn child_terminated(stage: &mut Stage) {
    let child = stage.child();
    stage.begin_type("child-signalled", json!([])).await;
    stage.until_events("ExternalWorkflowExecutionSignaled", 1).await;
    let path = format!("/workflows/{child}/terminate");
    let _ = stage.client.post(&path, &json!({ "reason": "enough" })).await.json(200);
}

async fn child_abandoned(stage: &mut Stage) {
    let child = stage.child();
    stage.begin(json!([])).await;
    stage.client.ended(&stage.id).await;
    stage.client.signal(&child, "finish", json!([])).await;
}

async fn child_options(stage: &mut Stage) {
    stage.child();
    stage.begin(json!([])).await;
}

async fn child_id_taken(stage: &mut Stage) {
    let taken = stage.child();
    stage.client.begin("child-waits", &taken, json!([])).await;
    stage.begin(json!([])).await;
    stage.client.ended(&stage.id).await;
    stage.client.signal(&taken, "finish", json!([])).await;
}

async fn external(stage: &mut Stage) {
    let target = "external-target";
    stage.joined_by(target);
    stage.client.begin("child-waits", target, json!([])).await;
    stage.begin(json!([target])).await;
    stage.until_events("ExternalWorkflowExecutionSignaled", 1).await;
    stage.signal("go", json!([])).await;
}

async fn external_missing(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn info_of_child(stage: &mut Stage) {
    stage.child();
    stage.begin(json!([])).await;
}
