//! What comes for a run that fails or is blocked is kept, and delivered once it goes on.

use dalsegno_tests::auditor::audit;

use crate::prelude::*;

/// Waits until a run is parked.
async fn blocked(client: &Client, id: &str) {
    eventually("the run is blocked", async || {
        let described = client.describe(id).await;
        if described["blocked"].is_object() { Ok(()) } else { Err(described) }
    })
    .await;
}

/// Waits until an activation has failed.
async fn failing(client: &Client, id: &str) {
    eventually("the activation has failed", async || {
        let described = client.describe(id).await;
        if described["last_error"].is_string() { Ok(()) } else { Err(described) }
    })
    .await;
}

async fn release(client: &Client, id: &str) {
    let _ = client.post(&format!("/workflows/{id}/release"), &json!({})).await.json(202);
}

#[rstest]
#[tokio::test]
async fn a_signal_for_a_failing_run_is_kept_and_repairs_it(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    client.upload("hostile").await;
    client.begin("trap-until-signal", "failing", json!([])).await;
    failing(&client, "failing").await;
    client.signal("failing", "fix", json!([])).await;
    release(&client, "failing").await;
    assert_eq!(client.result("failing").await, json!(["fixed"]));
    let types = client.event_types("failing").await;
    let expected = [
        "WorkflowExecutionStarted",
        "WorkflowExecutionSignaled",
        "ActivityTaskScheduled",
        "ActivityTaskCompleted",
        "WorkflowExecutionCompleted",
    ];
    // An activation that delivers what came before it has an event of its own if nothing else happened.
    let types: Vec<&str> =
        types.iter().map(String::as_str).filter(|name| *name != "ActivationCompleted").collect();
    assert_eq!(types, expected);
    let described = client.describe("failing").await;
    assert!(described.get("last_error").is_none() && described.get("blocked").is_none(), "{described}");
}

#[rstest]
#[tokio::test]
async fn a_signal_for_a_blocked_run_is_kept_and_repairs_it(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("hostile").await;
    client.begin("trap-until-signal", "blocked", json!([])).await;
    blocked(&client, "blocked").await;
    // Released too early, it is blocked again.
    release(&client, "blocked").await;
    blocked(&client, "blocked").await;
    client.signal("blocked", "fix", json!([])).await;
    let described = client.describe("blocked").await;
    assert!(described["blocked"].is_object(), "a signal alone releases nothing: {described}");
    host.kill();
    host.restart().await;
    let described = client.describe("blocked").await;
    assert_eq!((&described["signals"], described["blocked"].is_object()), (&json!(1), true), "{described}");
    release(&client, "blocked").await;
    assert_eq!(client.result("blocked").await, json!(["fixed"]));
}

#[rstest]
#[tokio::test]
async fn a_result_for_a_blocked_run_is_kept_and_delivered(#[values(Sqlite, Postgres)] backend: Backend) {
    let settings = Settings::default().test_activities();
    // The activity goes on until it is let go, by which time the run is blocked.
    let settings = settings.command("wait-for-file", "while [ ! -e let-go ]; do sleep 0.05; done; cat");
    let mut host = Host::with(backend, settings).await;
    let client = host.client();
    client.upload("hostile").await;
    client.begin("trap-with-work", "blocked", json!(["wait-for-file"])).await;
    client.signal("blocked", "break", json!([])).await;
    blocked(&client, "blocked").await;
    std::fs::write(host.folder().join("let-go"), "").expect("the host's folder can be written");
    eventually("the result is in the history", async || {
        let types = client.event_types("blocked").await;
        if types.contains(&"ActivityTaskCompleted".to_owned()) { Ok(()) } else { Err(format!("{types:?}")) }
    })
    .await;
    let described = client.describe("blocked").await;
    assert_eq!(
        (&described["status"], described["blocked"].is_object()),
        (&json!("running"), true),
        "{described}"
    );
    assert_eq!(described["pending_activities"], json!([]), "{described}");
    client.signal("blocked", "fix", json!([])).await;
    release(&client, "blocked").await;
    assert_eq!(client.result("blocked").await, json!(["work"]));
    let types = client.event_types("blocked").await;
    let results = types.iter().filter(|name| *name == "ActivityTaskCompleted").count();
    assert_eq!(results, 1, "{types:?}");
    host.stop().await;
    audit(&host, None).await.passes();
}
