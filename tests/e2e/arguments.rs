//! Arguments that do not fit: refused before anything is accepted.

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_signal_that_does_not_fit_is_refused_and_harms_nothing(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let client = shared(backend).await.client();
    let id = unique("unfit");
    client.begin("async-handlers", &id, json!([])).await;
    let path = format!("/workflows/{id}/signals/add");
    for (input, part) in [
        (json!(["five"]), "argument 1 does not fit: \"five\" is not of type \"integer\""),
        (json!([5.0]), "argument 1 does not fit: 5.0 is not written as a whole number"),
        (json!([]), "argument 1 is missing"),
        (json!([5, 6]), "2 were given, it takes 1"),
    ] {
        let detail = client.post(&path, &json!({ "input": input })).await.refusal(422, "bad_arguments");
        assert_eq!(detail, format!("the arguments of the signal `add`: {part}"));
    }
    client.signal(&id, "add", json!([5])).await;
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.result(&id).await, 5);
    let signals = client.event_types(&id).await;
    assert_eq!(signals.iter().filter(|event| *event == "WorkflowExecutionSignaled").count(), 2);
}

#[rstest]
#[tokio::test]
async fn a_start_that_does_not_fit_starts_nothing(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("unfit");
    let start = |workflow_type: &str, input: Value| json!({ "workflow_type": workflow_type, "workflow_id": id, "input": input });
    for input in [json!([7]), json!([]), json!(["a", "b"])] {
        let _ = client.start(&start("hello", input)).await.refusal(422, "bad_arguments");
    }
    for input in [json!(["five"]), json!([5, 6])] {
        let mut signalled = start("async-handlers", json!([]));
        signalled["signal_name"] = json!("add");
        signalled["signal_input"] = input;
        let answer = client.post("/workflows:signal-with-start", &signalled).await;
        let _ = answer.refusal(422, "bad_arguments");
    }
    let _ = client.read(&format!("/workflows/{id}")).await.refusal(404, "workflow_not_found");
}

#[rstest]
#[tokio::test]
async fn queries_and_updates_take_as_many_arguments_as_they_have(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let client = shared(backend).await.client();
    let id = unique("unfit");
    client.begin("strict", &id, json!([])).await;
    let update = client.try_update(&id, "known", &json!({ "input": [7, 8] })).await;
    let _ = update.refusal(422, "bad_arguments");
    client.signal(&id, "close", json!([])).await;
    client.result(&id).await;
    let hello = unique("hello");
    client.begin("hello", &hello, json!(["World"])).await;
    let path = format!("/workflows/{hello}/queries/state");
    let _ = client.post(&path, &json!({ "input": [1] })).await.refusal(422, "bad_arguments");
    client.result(&hello).await;
}
