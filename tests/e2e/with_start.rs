//! Starts with a signal or an update: both or neither.

use futures_util::future::join_all;

use crate::prelude::*;

async fn signal_with_start(client: &Client, id: &str, value: u32) -> dalsegno_tests::Answer {
    let body = json!({
        "workflow_type": "signals-order", "workflow_id": id, "signal_name": "add", "signal_input": [value],
    });
    client.post("/workflows:signal-with-start", &body).await
}

fn update_with_start(id: &str, name: &str, input: Value) -> Value {
    json!({
        "workflow_type": "ledger", "workflow_id": id, "input": [100], "update_name": name, "update_input": input,
    })
}

#[rstest]
#[tokio::test]
async fn a_signal_starts_a_workflow_or_finds_it(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("signalled");
    let started = signal_with_start(&client, &id, 1).await.json(201);
    let found = signal_with_start(&client, &id, 2).await.json(200);
    assert_eq!(started["run_id"], found["run_id"]);
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.result(&id).await, json!([1, 2]));
    let events = client.events(&id).await;
    assert_eq!(events[1]["type"], "WorkflowExecutionSignaled", "in one step with the start");
    assert_eq!(
        (&events[0]["time"], &events[0]["activation"]),
        (&events[1]["time"], &events[1]["activation"])
    );

    let again = signal_with_start(&client, &id, 3).await.json(201);
    assert_ne!(again["run_id"], started["run_id"], "the closed run is followed by another");
    let body = json!({
        "workflow_type": "signals-order", "workflow_id": id, "signal_name": "add", "id_conflict_policy": "fail",
    });
    let refused = client.post("/workflows:signal-with-start", &body).await;
    let _ = refused.refusal(409, "workflow_already_running");
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.result(&id).await, json!([3]));
}

#[rstest]
#[tokio::test]
async fn many_signals_start_one_workflow(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("raced");
    let answers = join_all((0..12).map(|number| signal_with_start(&client, &id, number))).await;
    let started = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(started, 1, "{answers:?}");
    client.signal(&id, "done", json!([])).await;
    let mut heard: Vec<u64> = serde_json::from_value(client.result(&id).await).expect("numbers");
    heard.sort_unstable();
    assert_eq!(heard, (0..12).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test]
async fn a_start_delay_holds_whatever_comes_meanwhile(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("delayed");
    let body = |value: u32| {
        json!({
            "workflow_type": "signals-order", "workflow_id": id, "start_delay": "2s",
            "signal_name": "add", "signal_input": [value],
        })
    };
    let begun = Instant::now();
    let _ = client.post("/workflows:signal-with-start", &body(1)).await.json(201);
    let _ = client.post("/workflows:signal-with-start", &body(2)).await.json(200);
    client.signal(&id, "add", json!([3])).await;
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.describe(&id).await["activations"], 0);
    assert_eq!(client.result(&id).await, json!([1, 2, 3]));
    assert!(begun.elapsed() >= Duration::from_secs(2));
}

#[rstest]
#[tokio::test]
async fn an_update_starts_a_workflow_or_finds_it(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("updated");
    let update = async |body: &Value| client.post("/workflows:update-with-start?wait=60s", body).await;
    let started = update(&update_with_start(&id, "withdraw", json!([30]))).await.json(201);
    assert_eq!((&started["result"], &started["started"]), (&json!(70), &json!(true)), "{started}");
    let found = update(&update_with_start(&id, "withdraw", json!([70]))).await.json(200);
    assert_eq!((&found["result"], &found["started"]), (&json!(0), &json!(false)), "{found}");
    assert_eq!(found["run_id"], started["run_id"]);
    let rejected = update(&update_with_start(&id, "withdraw", json!([1]))).await.json(200);
    assert_eq!(rejected["status"], "rejected", "{rejected}");
    let events = client.events(&id).await;
    assert_eq!(events[1]["type"], "WorkflowExecutionUpdateAccepted", "in one step with the start");
    assert_eq!(
        (&events[0]["time"], &events[0]["activation"]),
        (&events[1]["time"], &events[1]["activation"])
    );
    client.signal(&id, "close", json!([])).await;
    assert_eq!(client.result(&id).await, 0);
}

#[rstest]
#[tokio::test]
async fn a_rejected_update_starts_nothing(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("rejected");
    let update = async |name: &str, input: Value| {
        client.post("/workflows:update-with-start?wait=60s", &update_with_start(&id, name, input)).await
    };
    let rejected = update("withdraw", json!([101])).await.json(200);
    assert_eq!(rejected["status"], "rejected", "{rejected}");
    assert_eq!(rejected["started"], false, "{rejected}");
    assert_eq!(rejected["failure"]["message"], "there are 100", "the run was asked, as it would have begun");
    let _ = update("add", json!(["no number"])).await.refusal(422, "bad_arguments");
    let _ = client.read(&format!("/workflows/{id}")).await.refusal(404, "workflow_not_found");
}

#[rstest]
#[tokio::test]
async fn the_same_update_starts_one_workflow(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("retried");
    let mut body = update_with_start(&id, "add_slowly", json!([1]));
    body["update_id"] = json!("the-one");
    let update = || async { client.post("/workflows:update-with-start?wait=60s", &body).await };
    let answers = join_all((0..6).map(|_| update())).await;
    for answer in &answers {
        assert_eq!(answer.value()["result"], 101, "{answer:?}");
    }
    client.signal(&id, "close", json!([])).await;
    assert_eq!(client.result(&id).await, 101);
    assert_eq!(update().await.json(200)["result"], 101, "it is known after the end, and starts nothing");
    assert_eq!(client.status(&id).await, "completed");
}
