//! Headers: they reach the code that is called, and go on where it hands them on.

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn each_call_has_its_own_headers(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("traced");
    let with = |trace: &str| json!({ "headers": { "trace": trace } });
    let mut start = with("start");
    start["workflow_type"] = json!("traced");
    start["workflow_id"] = json!(id);
    let _ = client.start(&start).await.json(201);
    let asked = client.post(&format!("/workflows/{id}/queries/trace"), &with("query")).await.json(200);
    assert_eq!(asked["result"], "query");
    let updated = client.try_update(&id, "traced", &with("update")).await.json(200);
    assert_eq!(updated["result"], "update");
    let _ = client.post(&format!("/workflows/{id}/signals/note"), &with("signal")).await.json(202);
    assert_eq!(client.result(&id).await, json!(["signal", "signal", "start"]));
}
