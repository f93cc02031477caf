//! Handlers of any name, and handlers that are at work when the run ends.

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn dynamic_handlers_take_what_no_other_has(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    client.upload("conformance").await;
    let id = unique("any");
    client.begin("dynamic-handlers", &id, json!([])).await;
    client.signal(&id, "one", json!([1, "a"])).await;
    assert_eq!(client.update(&id, "two", json!([2])).await, 2);
    let asked =
        client.post(&format!("/workflows/{id}/queries/three"), &json!({ "input": [3] })).await.json(200);
    assert_eq!(asked["result"], json!(["three", [3], 2]));
    assert_eq!(client.query(&id, "count").await, 2, "a handler of this very name goes before");
    assert_eq!(
        client.rejected(&id, "forbidden", json!([])).await["kind"]["application"]["type"],
        "Forbidden"
    );
    let metadata = client.query(&id, "__metadata").await.to_string();
    assert!(metadata.contains("count") && metadata.contains("done"), "{metadata}");
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.result(&id).await, json!([["one", [1, "a"]], ["update two", [2]]]));
}

#[rstest]
#[tokio::test]
async fn unfinished_handlers_are_warned_of_by_their_policy(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    client.upload("language").await;
    let begin = async |id: &str, kind: &str, patient: bool| {
        client.begin("unfinished", id, json!([patient])).await;
        client.signal(id, &format!("{kind}_signal"), json!([])).await;
        let body = json!({ "wait_for": "accepted", "update_id": "left" });
        let _ = client.try_update(id, &format!("{kind}_update"), &body).await.json(200);
        client.signal(id, "done", json!([])).await;
    };
    for kind in ["warned", "silent"] {
        begin(kind, kind, false).await;
        assert_eq!(client.result(kind).await, false, "they had not finished");
        let left = client.read(&format!("/workflows/{kind}/updates/left?wait=10s")).await.json(200);
        let failure = &left["failure"]["kind"]["application"]["type"];
        assert_eq!(*failure, "AcceptedUpdateCompletedWorkflow", "{left}");
    }
    begin("patient", "warned", true).await;
    for _ in 0..2 {
        client.signal("patient", "let-go", json!([])).await;
    }
    client.result("patient").await;
    let left = client.read("/workflows/patient/updates/left?wait=10s").await.json(200);
    assert_eq!(left["failure"], Value::Null, "{left}");

    let warnings = eventually("the log has the warnings", async || {
        let log = host.log_text();
        let lines: Vec<String> = log
            .lines()
            .filter(|line| {
                line.contains("WARN guest") && line.contains("_signal") || line.contains("_update")
            })
            .map(ToOwned::to_owned)
            .collect();
        if lines.is_empty() { Err(log) } else { Ok(lines) }
    })
    .await;
    assert!(warnings.iter().all(|line| line.contains("workflow_id=warned")), "{warnings:?}");
    for name in ["warned_signal", "warned_update"] {
        assert!(warnings.iter().any(|line| line.contains(name)), "{name}: {warnings:?}");
    }
}
