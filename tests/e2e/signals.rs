//! Signals: each acknowledged one is in the history once, in order.

use futures_util::future::join_all;

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn signals_come_in_order(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("order");
    client.begin("signals-order", &id, json!([])).await;
    let sent: Vec<Value> = (0..100).map(|number| json!(number)).collect();
    for number in &sent {
        client.signal(&id, "add", json!([number])).await;
    }
    assert_eq!(client.query(&id, "added").await, json!(sent));
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.result(&id).await, json!(sent));
}

#[rstest]
#[tokio::test]
async fn many_clients_are_each_heard_in_order(#[values(Sqlite, Postgres)] backend: Backend) {
    const CLIENTS: usize = 8;
    const SIGNALS: usize = 25;
    let client = shared(backend).await.client();
    let id = unique("flood");
    client.begin("signals-order", &id, json!([])).await;
    let send = async |sender: usize| {
        for number in 0..SIGNALS {
            client.signal(&id, "add", json!([[sender, number]])).await;
        }
    };
    join_all((0..CLIENTS).map(send)).await;
    client.signal(&id, "done", json!([])).await;
    let added = client.result(&id).await;
    let added = added.as_array().expect("a list");
    assert_eq!(added.len(), CLIENTS * SIGNALS);
    for sender in 0..CLIENTS {
        let heard: Vec<&Value> =
            added.iter().filter(|value| value[0] == sender).map(|value| &value[1]).collect();
        assert!(heard.iter().enumerate().all(|(number, heard)| **heard == number), "{sender}: {heard:?}");
    }
}

#[rstest]
#[tokio::test]
async fn signals_before_the_first_activation_are_kept(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("early");
    let body = json!({ "workflow_type": "signals-order", "workflow_id": id, "start_delay": "1s" });
    let _ = client.start(&body).await.json(201);
    for number in 1..=3 {
        client.signal(&id, "add", json!([number])).await;
    }
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.describe(&id).await["activations"], 0);
    assert_eq!(client.result(&id).await, json!([1, 2, 3]));
}

#[rstest]
#[tokio::test]
async fn a_signal_without_a_handler_waits_for_who_takes_it(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("buffered");
    client.begin("waiter", &id, json!([])).await;
    client.signal(&id, "nobody-takes-this", json!([1])).await;
    client.signal(&id, "go", json!([2])).await;
    assert_eq!(client.result(&id).await, 2);
}

#[rstest]
#[tokio::test]
async fn the_same_request_counts_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("dedup");
    client.begin("signals-order", &id, json!([])).await;
    let send = async |request: &str, value: u32| {
        let body = json!({ "input": [value], "request_id": request });
        client.post(&format!("/workflows/{id}/signals/add"), &body).await.status
    };
    for (request, value) in [("a", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)] {
        assert_eq!(send(request, value).await, 202);
    }
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.result(&id).await, json!([1, 3]));
}

#[rstest]
#[tokio::test]
async fn a_closed_run_takes_no_signals(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("closed");
    let first = client.begin("sleeper", &id, json!([{ "ms": 1 }])).await;
    client.result(&id).await;
    let path = format!("/workflows/{id}/signals/go");
    let detail = client.post(&path, &json!({})).await.refusal(409, "workflow_closed");
    assert!(detail.contains("completed"), "{detail}");

    client.begin("waiter", &id, json!([])).await;
    let of_first = format!("{path}?run_id={first}");
    let _ = client.post(&of_first, &json!({})).await.refusal(409, "workflow_closed");
    client.signal(&id, "go", json!([1])).await;
    client.result(&id).await;
}

#[rstest]
#[tokio::test]
async fn handlers_may_wait_for_activities(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("async");
    client.begin("async-handlers", &id, json!([])).await;
    for number in [1, 20, 300] {
        client.signal(&id, "add", json!([number])).await;
    }
    client.signal(&id, "done", json!([])).await;
    assert_eq!(client.result(&id).await, 321);
}

#[rstest]
#[tokio::test]
async fn a_signal_that_races_with_the_end_is_kept_or_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("race");
    client.begin("signals-order", &id, json!([])).await;
    let send = async |number: usize| {
        let (name, body) =
            if number == 20 { ("done", json!({})) } else { ("add", json!({ "input": [number] })) };
        let answer = client.post(&format!("/workflows/{id}/signals/{name}"), &body).await;
        if answer.status != 202 {
            let _ = answer.refusal(409, "workflow_closed");
        }
        answer.status
    };
    let answers = join_all((0..40).map(send)).await;
    client.result(&id).await;
    let accepted = answers.iter().filter(|status| **status == 202).count();
    let events = client.event_types(&id).await;
    let recorded = events.iter().filter(|name| *name == "WorkflowExecutionSignaled").count();
    assert_eq!(recorded, accepted, "{events:?}");
    assert_eq!(events.last().map(String::as_str), Some("WorkflowExecutionCompleted"));
}

#[rstest]
#[tokio::test]
async fn a_condition_ends_by_a_signal_or_by_its_time(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let (met, unmet) = (unique("met"), unique("unmet"));
    client.begin("conditions", &met, json!([600_000])).await;
    client.begin("conditions", &unmet, json!([50])).await;
    client.signal(&met, "set", json!([])).await;
    assert_eq!(client.result(&met).await, true);
    assert_eq!(client.result(&unmet).await, false);
}
