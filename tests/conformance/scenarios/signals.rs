//! Signals: in order, with the start, by slow handlers, kept until they are asked for, of any name.

use serde_json::json;

use super::scenarios;
use crate::stage::Stage;

scenarios![
    signals_in_order,
    signal_with_start,
    async_signal_handler,
    all_handlers_finished,
    buffered_signal,
    signal_fails,
    dynamic_handlers,
];

async fn signals_in_order(stage: &mut Stage) {
    stage.begin_type("signals", json!([])).await;
    for number in 1..=3 {
        stage.signal("add", json!([number])).await;
    }
    stage.signal("done", json!([])).await;
}

async fn signal_with_start(stage: &mut Stage) {
    let body = json!({
        "workflow_type": "signals", "workflow_id": stage.id, "signal_name": "add", "signal_input": ["with the start"],
    });
    let _ = stage.client.post("/workflows:signal-with-start", &body).await.json(201);
    stage.until("count", json!(1)).await;
    stage.signal("add", json!(["later"])).await;
    stage.signal("done", json!([])).await;
}

async fn async_signal_handler(stage: &mut Stage) {
    stage.begin(json!([])).await;
    for number in 1..=2 {
        stage.signal("work", json!([number])).await;
        stage.until_events("ActivityTaskCompleted", number).await;
    }
    stage.signal("done", json!([])).await;
}

async fn all_handlers_finished(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.signal("hold", json!([])).await;
    stage.until("held", json!(1)).await;
    stage.signal("done", json!([])).await;
    stage.until("done", json!(true)).await;
    stage.signal("release", json!([])).await;
}

async fn buffered_signal(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.signal("late", json!(["a"])).await;
    stage.signal("late", json!(["b"])).await;
    stage.signal("go", json!([])).await;
}

async fn signal_fails(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.signal("bad", json!([])).await;
}

async fn dynamic_handlers(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.signal("anything", json!([1, "two"])).await;
    stage.signal("else", json!([])).await;
    stage.ask("count", json!([])).await;
    stage.ask("whatever", json!([true])).await;
    stage.update("change", json!([{ "to": 3 }])).await;
    stage.update("forbidden", json!([])).await;
    stage.signal("done", json!([])).await;
}
