//! A host that registers activities in Rust.

use dalsegno_tests::{auditor::audit, programs::Program};

use crate::prelude::*;

async fn embedding_host(backend: Backend) -> Host {
    let host = Host::with(backend, Settings::default().program(Program::TestHost)).await;
    host.client().upload("language").await;
    host
}

#[rstest]
#[tokio::test]
async fn functions_are_activities(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = embedding_host(backend).await;
    let client = host.client();
    let echo = json!({ "activity": "echo", "input": { "a": 1 }, "attempts": 1 });
    client.begin("retrying", "echo", json!([echo])).await;
    assert_eq!(client.result("echo").await, json!({ "a": 1 }));

    // An error may set the time of the next attempt: the policy alone would wait for minutes.
    let retried = json!({ "activity": "third-attempt", "attempts": 0, "interval_ms": 600_000 });
    let run = client.begin("retrying", "retried", json!([retried])).await;
    assert_eq!(client.result("retried").await, json!({ "attempt": 3, "key": format!("{run}/1") }));

    let buggy = json!({ "activity": "panics", "attempts": 1 });
    client.begin("retrying", "buggy", json!([buggy])).await;
    let failure = client.failure("buggy").await;
    assert_eq!(failure["cause"]["kind"]["application"]["type"], "Panic", "{failure}");
    assert!(failure["cause"]["message"].as_str().is_some_and(|text| text.contains("an activity with a bug")));

    let unfit = json!({ "activity": "heedless", "input": "no number", "attempts": 0 });
    client.begin("retrying", "unfit", json!([unfit])).await;
    let failure = client.failure("unfit").await;
    assert_eq!(failure["cause"]["kind"]["application"]["type"], "BadArguments", "{failure}");
}

#[rstest]
#[tokio::test]
async fn a_silent_attempt_is_given_up_and_the_next_one_is_told_how_far_it_was(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let host = embedding_host(backend).await;
    let client = host.client();
    let argument =
        json!({ "activity": "heartbeat", "start_to_close_ms": 60_000, "heartbeat_ms": 200, "attempts": 0 });
    client.begin("limited", "silent", json!([argument])).await;
    assert_eq!(client.result("silent").await, json!({ "attempt": 2, "reached": 7 }));
}

#[rstest]
#[tokio::test]
async fn a_cancelled_activity_is_waited_for_if_the_workflow_wants(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let mut host = embedding_host(backend).await;
    let client = host.client();
    for (activity, cancellation, outcome) in [
        ("cleans-up", "wait", "ActivityTaskCanceled"),
        ("heedless", "wait", "ActivityTaskCompleted"),
        ("heedless", "try", "none"),
        ("heedless", "abandon", "none"),
    ] {
        let id = format!("{activity}-{cancellation}");
        let argument = json!({
            "activity": activity, "input": 1_000, "start_to_close_ms": 60_000, "attempts": 0,
            "cancellation": cancellation,
        });
        client.begin("limited", &id, json!([argument])).await;
        eventually("the activity runs", async || {
            let described = client.describe(&id).await;
            if described["pending_activities"][0]["state"] == "started" { Ok(()) } else { Err(described) }
        })
        .await;
        let _ = client.post(&format!("/workflows/{id}/cancel"), &json!({})).await.json(202);
        let ended = client.ended(&id).await;
        let types = client.event_types(&id).await;
        assert!(types.contains(&"ActivityTaskCancelRequested".to_owned()), "{types:?}");
        let found =
            types.iter().find(|name| *name == "ActivityTaskCanceled" || *name == "ActivityTaskCompleted");
        assert_eq!(found.map_or("none", String::as_str), outcome, "{id}: {ended} {types:?}");
    }
    host.stop().await;
    audit(&host, None).await.passes();
}
