//! Waiting for results; failures with their causes.

use futures_util::future::join_all;

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_result_is_waited_for(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("awaited");
    let run = client.begin("sleeper", &id, json!([{ "ms": 1_000 }])).await;
    let at_once = client.read(&format!("/workflows/{id}/result")).await.json(202);
    assert_eq!(at_once, json!({ "status": "running", "run_id": run }));
    let begun = Instant::now();
    let _ = client.read(&format!("/workflows/{id}/result?wait=100ms")).await.json(202);
    assert!(begun.elapsed() >= Duration::from_millis(100));
    let path = format!("/workflows/{id}/result?wait=30s");
    let ended = client.read(&path).await.json(200);
    assert_eq!(ended, json!({ "status": "completed", "run_id": run, "result": 1_000 }));
    assert_eq!(client.read(&path).await.json(200), ended, "and again, from the store");
}

#[rstest]
#[tokio::test]
async fn many_may_wait_for_one_result(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("popular");
    client.begin("waiter", &id, json!([])).await;
    let path = format!("/workflows/{id}/result?wait=60s");
    let signalling = async {
        let _ = client.read(&format!("/workflows/{id}/result?wait=50ms")).await.json(202);
        client.signal(&id, "go", json!(["now"])).await;
    };
    let waiting = join_all((0..10).map(|_| client.read(&path)));
    let (answers, ()) = tokio::join!(waiting, signalling);
    assert!(answers.iter().all(|answer| answer.json(200)["result"] == "now"));
}

#[rstest]
#[tokio::test]
async fn a_failure_comes_with_its_causes(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("failing");
    client.begin("failing", &id, json!([])).await;
    let order = client.failure(&id).await;
    assert_eq!(order["message"], "cannot fulfil the order");
    assert_eq!(order["kind"]["application"]["type"], "OrderFailed");
    let payment = &order["cause"];
    assert_eq!(payment["message"], "cannot charge the card");
    let declined = &payment["cause"];
    assert_eq!(declined["message"], "not enough funds");
    let application = &declined["kind"]["application"];
    assert_eq!((&application["non_retryable"], &application["details"]), (&json!(true), &json!([42])));
    assert_eq!(declined["cause"], Value::Null);
    assert_eq!(client.describe(&id).await["last_failure"], order);
}

#[rstest]
#[tokio::test]
async fn a_result_may_be_written_out(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("raw");
    client.begin("sleeper", &id, json!([{ "ms": 1 }])).await;
    client.result(&id).await;
    let raw = client.read(&format!("/workflows/{id}/result?payloads=raw")).await.json(200);
    assert_eq!(raw["result"]["$payload"]["data"], "MQ==", "{raw}");
    assert_eq!(raw["result"]["$payload"]["metadata"]["encoding"], "anNvbi9wbGFpbg==", "{raw}");
}

#[rstest]
#[tokio::test]
async fn a_wait_has_limits(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("patient");
    client.begin("waiter", &id, json!([])).await;
    for wait in ["61s", "soon", "-1s", ""] {
        let path = format!("/workflows/{id}/result?wait={wait}");
        let _ = client.read(&path).await.refusal(400, "invalid_argument");
    }
    let path = format!("/workflows/{id}/result?wiat=1s");
    let _ = client.read(&path).await.refusal(400, "invalid_argument");
    client.signal(&id, "go", json!([1])).await;
}

#[rstest]
#[tokio::test]
async fn a_run_sees_a_world_without_surprises(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let (one, other) = (unique("one"), unique("other"));
    for id in [&one, &other] {
        client.begin("probe", id, json!([10])).await;
    }
    let (one, other) = (client.result(&one).await, client.result(&other).await);
    for probe in [&one[0], &one[1]] {
        assert_eq!(probe["elapsed_ns"], 0, "time stands still within an activation");
        assert_eq!(probe["system_time_us"], probe["workflow_time_us"]);
        assert_eq!(probe["environment"], other[0]["environment"]);
    }
    let (before, after) = (one[0]["system_time_us"].as_u64(), one[1]["system_time_us"].as_u64());
    assert!(after.zip(before).is_some_and(|(after, before)| after - before >= 10_000), "{one}");
    assert_ne!(one[0]["uuid"], one[1]["uuid"]);
    assert_ne!(one[0]["uuid"], other[0]["uuid"], "every run has a seed of its own");
}
