//! Guests that do harm: the host and its neighbours go on, and the run shows why it does not.

use dalsegno_tests::auditor::audit;
use futures_util::future::join_all;

use crate::prelude::*;

/// Each with its arguments, and what its error says: the cause, and what to do instead where there is something.
const HARMFUL: [(&str, &str, &[&str]); 12] = [
    ("trap", "[]", &["this workflow always panics", "hostile::machine::trap"]),
    ("unreachable", "[]", &["unreachable"]),
    ("divide-by-zero", "[]", &["divide by zero"]),
    ("out-of-bounds", "[]", &["out of bounds"]),
    ("loop-forever", "[]", &["computed for too long", "activities"]),
    ("memory-bomb", "[]", &["bytes of memory"]),
    ("recursion", "[]", &["stack", "recursion"]),
    ("million-commands", "[]", &["pending operations"]),
    ("big-payload", "[64]", &["pass a reference"]),
    ("big-payload", "[3]", &["pass a reference"]),
    ("socket", "[]", &["wasi:sockets", "`http` activity"]),
    ("blocking-sleep", "[]", &["durable timer"]),
];

/// A host that is strict enough to test it.
fn strict() -> Settings {
    Settings::default()
        .set("activation_deadline", r#""2s""#)
        .set("memory_bytes_max", r#""256 MiB""#)
        .test_activities()
}

#[rstest]
#[tokio::test]
async fn harm_is_contained_and_explained(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut host = Host::with(backend, strict()).await;
    let client = host.client();
    for package in ["hello", "hostile", "language"] {
        client.upload(package).await;
    }
    client.begin("signals-order", "neighbour", json!([])).await;
    let ids: Vec<String> = (0..HARMFUL.len()).map(|number| format!("harmful-{number}")).collect();
    for ((workflow_type, input, _), id) in HARMFUL.iter().zip(&ids) {
        client.begin(workflow_type, id, serde_json::from_str(input).expect("it is JSON")).await;
    }
    // While all that goes on, others get their turns.
    client.begin("hello", "hello", json!(["World"])).await;
    for number in 0..10 {
        client.signal("neighbour", "add", json!([number])).await;
    }
    client.signal("neighbour", "done", json!([])).await;
    assert_eq!(client.result("neighbour").await.as_array().map(Vec::len), Some(10));
    assert_eq!(client.result("hello").await, "Hello, World!");

    let explained = HARMFUL.iter().zip(&ids).map(async |((workflow_type, _, says), id)| {
        let described = within(Duration::from_secs(120), "the run is blocked", async || {
            let described = client.describe(id).await;
            if described["blocked"].is_object() { Ok(described) } else { Err(described) }
        })
        .await;
        assert_eq!(described["status"], "running");
        let reason = described["blocked"]["reason"].as_str().unwrap_or_default();
        for word in *says {
            assert!(reason.contains(word), "{workflow_type} does not say `{word}`: {reason}");
        }
        assert!(described["blocked"]["since"].is_string());
        assert_eq!(
            described["history_length"], 1,
            "commands of failed activations are discarded: {described}"
        );
    });
    join_all(explained).await;

    let blocked = client.read("/workflows?query=Blocked%3D%27true%27").await.json(200);
    assert_eq!(blocked["workflows"].as_array().map(Vec::len), Some(HARMFUL.len()), "{blocked}");
    let _ = client.post("/workflows/harmful-0/terminate", &json!({})).await.json(200);
    assert_eq!(client.ended("harmful-0").await["status"], "terminated");
    assert!(host.is_running());
    assert_eq!(client.get("/readyz").await.status, 200);
    host.stop().await;
    audit(&host, None).await.passes();
}

#[rstest]
#[tokio::test]
async fn what_a_library_can_be_told_is_an_ordinary_error(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::with(backend, strict()).await;
    let client = host.client();
    client.upload("hostile").await;
    for workflow_type in ["file", "thread"] {
        client.begin(workflow_type, workflow_type, json!([])).await;
        let failure = client.failure(workflow_type).await;
        assert!(failure["message"].as_str().is_some_and(|message| !message.is_empty()), "{failure}");
    }
    client.begin("no-timeout", "no-timeout", json!([])).await;
    let described = eventually("the activation has failed", async || {
        let described = client.describe("no-timeout").await;
        if described["last_error"].is_string() { Ok(described) } else { Err(described) }
    })
    .await;
    let error = described["last_error"].as_str().unwrap_or_default();
    assert!(error.contains("no time limit") && error.contains("start_to_close"), "{error}");
}

#[rstest]
#[tokio::test]
async fn a_blocked_run_stays_blocked_over_a_restart(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut host = Host::with(backend, strict()).await;
    let client = host.client();
    client.upload("hostile").await;
    client.begin("trap", "trap", json!([])).await;
    let blocked = async || {
        let described = client.describe("trap").await;
        if described["blocked"].is_object() { Ok(described["blocked"].clone()) } else { Err(described) }
    };
    let before = eventually("the run is blocked", blocked).await;
    host.kill();
    host.restart().await;
    assert_eq!(blocked().await.ok(), Some(before));
}
