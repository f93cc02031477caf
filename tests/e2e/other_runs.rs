//! Signals and requests to cancel from one run to another.

use dalsegno_tests::auditor::audit;

use crate::prelude::*;

/// Runs a messenger to its end.
async fn send(client: &Client, errand: Value) -> (String, Value) {
    let id = unique("messenger");
    client.begin("messenger", &id, json!([errand])).await;
    let ended = client.ended(&id).await;
    (id, ended)
}

#[rstest]
#[tokio::test]
async fn a_signal_is_taken_by_the_other_run(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let to = unique("target");
    let run = client.begin("signals-order", &to, json!([])).await;
    let (id, ended) = send(&client, json!({ "to": to, "signal": "add", "times": 20 })).await;
    assert_eq!(ended["result"], 20, "{ended}");
    let (_, ended) = send(&client, json!({ "to": to, "run_id": run, "signal": "done" })).await;
    assert_eq!(ended["result"], 1, "{ended}");
    assert_eq!(client.result(&to).await, json!((0..20).collect::<Vec<_>>()), "each once, in order");
    let types = client.event_types(&id).await;
    for name in ["SignalExternalWorkflowExecutionInitiated", "ExternalWorkflowExecutionSignaled"] {
        assert_eq!(types.iter().filter(|found| *found == name).count(), 20, "{name}: {types:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_request_to_cancel_is_taken_by_the_other_run(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let to = unique("target");
    client.begin("cancel-caught", &to, json!([])).await;
    let (id, ended) = send(&client, json!({ "to": to, "cancel": "from afar" })).await;
    assert_eq!(ended["result"], 1, "{ended}");
    assert_eq!(client.result(&to).await, "caught: from afar");
    let types = client.event_types(&id).await;
    assert!(types.contains(&"ExternalWorkflowExecutionCancelRequested".to_owned()), "{types:?}");
}

#[rstest]
#[tokio::test]
async fn a_run_may_signal_itself(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("messenger");
    client.begin("messenger", &id, json!([{ "to": id, "signal": "anything", "times": 3 }])).await;
    assert_eq!(client.result(&id).await, 3);
    assert_eq!(client.events_of(&id, "WorkflowExecutionSignaled").await.len(), 3);
}

#[rstest]
#[tokio::test]
async fn what_does_not_arrive_fails_with_the_reason(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let closed = unique("closed");
    let run = client.begin("sleeper", &closed, json!([{ "ms": 1 }])).await;
    client.result(&closed).await;
    let listener = unique("listener");
    client.begin("async-handlers", &listener, json!([])).await;
    for (errand, failure_type) in [
        (json!({ "to": "nobody-at-all", "signal": "x" }), "WorkflowNotFound"),
        (json!({ "to": "nobody-at-all", "cancel": "x" }), "WorkflowNotFound"),
        (json!({ "to": closed, "signal": "x" }), "WorkflowClosed"),
        (json!({ "to": closed, "cancel": "x" }), "WorkflowClosed"),
        (json!({ "to": closed, "run_id": run, "signal": "x" }), "WorkflowClosed"),
        (json!({ "to": closed, "namespace": "elsewhere", "signal": "x" }), "NamespaceNotFound"),
        (json!({ "to": listener, "signal": "add", "input": ["no number"] }), "BadArguments"),
    ] {
        let (id, ended) = send(&client, errand.clone()).await;
        assert_eq!(ended["status"], "failed", "{errand}: {ended}");
        let failure = &ended["failure"]["kind"]["application"]["type"];
        assert_eq!(*failure, failure_type, "{errand}: {ended}");
        let types = client.event_types(&id).await;
        let failed = types.iter().filter(|name| name.ends_with("ExternalWorkflowExecutionFailed"));
        assert_eq!(failed.count(), 1, "{types:?}");
    }
    let taken = client.events_of(&listener, "WorkflowExecutionSignaled").await;
    assert!(taken.is_empty(), "what does not fit has not reached it: {taken:?}");
    client.signal(&listener, "done", json!([])).await;
    client.result(&listener).await;
}

#[rstest]
#[tokio::test]
async fn messages_survive_the_host(#[values(Sqlite, Postgres)] backend: Backend) {
    const SENDERS: usize = 5;
    const SIGNALS: usize = 40;
    let settings = Settings::default().test_activities().set("resident_bytes_max", "1");
    let mut host = Host::with(backend, settings).await;
    let client = host.client();
    client.upload("language").await;
    client.begin("signals-order", "target", json!([])).await;
    for sender in 0..SENDERS {
        let errand = json!({ "to": "target", "signal": "add", "input": [], "times": SIGNALS });
        client.begin("messenger", &format!("sender-{sender}"), json!([errand])).await;
    }
    for at_least in [5, 60, 120] {
        eventually("some signals have come", async || {
            let signals = client.describe("target").await["signals"].as_u64().unwrap_or_default();
            if signals >= at_least { Ok(()) } else { Err(signals.to_string()) }
        })
        .await;
        host.kill();
        host.restart().await;
    }
    for sender in 0..SENDERS {
        assert_eq!(client.result(&format!("sender-{sender}")).await, SIGNALS);
    }
    client.signal("target", "done", json!([])).await;
    let mut heard: Vec<usize> = serde_json::from_value(client.result("target").await).expect("numbers");
    heard.sort_unstable();
    let expected: Vec<usize> = (0..SIGNALS).flat_map(|number| [number; SENDERS]).collect();
    assert_eq!(heard, expected, "each once");
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}
