//! Queries: of open and closed runs, and without a trace.

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn open_and_closed_runs_answer(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("asked");
    client.begin("hello", &id, json!(["World"])).await;
    assert_eq!(client.query(&id, "state").await, "waiting");
    client.result(&id).await;
    assert_eq!(client.query(&id, "state").await, "done");
}

#[rstest]
#[tokio::test]
async fn a_query_sees_what_is_acknowledged_and_changes_nothing(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("unchanged");
    client.begin("signals-order", &id, json!([])).await;
    for number in 0..5 {
        client.signal(&id, "add", json!([number])).await;
        let added = client.query(&id, "added").await;
        assert_eq!(added.as_array().map(Vec::len), Some(number + 1), "{added}");
    }
    let before = client.export(&id).await;
    for _ in 0..5 {
        client.query(&id, "added").await;
        client.query(&id, "__stack_trace").await;
    }
    assert_eq!(client.export(&id).await, before);
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.result(&id).await, json!([0, 1, 2, 3, 4]));
}

#[rstest]
#[tokio::test]
async fn every_workflow_tells_what_it_waits_for(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let (timer, activity, signal) = (unique("timer"), unique("activity"), unique("signal"));
    client.begin("sleeper", &timer, json!([{ "ms": 600_000 }])).await;
    client.begin("chain", &activity, json!([{ "steps": 1, "activity": "slow" }])).await;
    client.begin("waiter", &signal, json!([])).await;
    for (id, says) in [(&timer, "timer"), (&activity, "slow"), (&signal, "go")] {
        let trace = client.query(id, "__stack_trace").await;
        assert!(trace.as_str().is_some_and(|trace| trace.contains(says)), "{says}: {trace}");
        let _ = client.post(&format!("/workflows/{id}/terminate"), &json!({})).await.json(200);
    }
    let closed = client.query(&timer, "__stack_trace").await;
    assert!(closed.is_string(), "a terminated run still tells where it was: {closed}");
}

#[rstest]
#[tokio::test]
async fn every_workflow_tells_its_handlers(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("metadata");
    client.begin("approval", &id, json!(["the new office"])).await;
    let metadata = client.query(&id, "__metadata").await;
    let names = |kind: &str| -> Vec<String> {
        let handlers = metadata[kind].as_array().cloned().unwrap_or_default();
        handlers.iter().filter_map(|handler| handler["name"].as_str().map(ToOwned::to_owned)).collect()
    };
    assert_eq!(names("signals"), ["approve", "reject"]);
    assert_eq!(names("queries"), ["status", "__stack_trace", "__metadata"]);
    client.signal(&id, "approve", json!(["Ada"])).await;
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_answered_is_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("refused");
    client.begin("hello", &id, json!(["World"])).await;
    let path = format!("/workflows/{id}/queries");
    let answer = client.post(&format!("{path}/no-such-query"), &json!({})).await;
    let detail = answer.refusal(404, "query_not_found");
    assert!(detail.contains("no-such-query"), "{detail}");
    assert_eq!(answer.value()["failure"]["kind"]["application"]["type"], "UnknownQuery");
    let wrong = json!({ "input": "no array" });
    let _ = client.post(&format!("{path}/state"), &wrong).await.refusal(400, "invalid_argument");

    client.result(&id).await;
    let only_open = json!({ "reject_condition": "not_open" });
    let _ = client.post(&format!("{path}/state"), &only_open).await.refusal(409, "workflow_closed");
    let clean = json!({ "reject_condition": "not_completed_cleanly" });
    assert_eq!(client.post(&format!("{path}/state"), &clean).await.json(200)["result"], "done");

    let delayed = unique("delayed");
    let body =
        json!({ "workflow_type": "hello", "workflow_id": delayed, "input": ["x"], "start_delay": "1h" });
    let _ = client.start(&body).await.json(201);
    let path = format!("/workflows/{delayed}/queries/state");
    let _ = client.post(&path, &json!({})).await.refusal(409, "run_not_activated");
    let _ = client.post(&format!("/workflows/{delayed}/terminate"), &json!({})).await.json(200);
}
