//! Activities next to the workflow: stored with what follows.

use dalsegno_tests::auditor::audit;

use crate::prelude::*;

/// The transitions that hold the events of a workflow.
async fn activations(client: &Client, id: &str) -> u64 {
    client.describe(id).await["activations"].as_u64().unwrap_or_default()
}

#[rstest]
#[tokio::test]
async fn several_local_activities_cost_one_commit(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    client.upload("language").await;
    let commits = async || client.metric("dalsegno_commit_seconds_count").await;
    let mut cost = Vec::new();
    for (id, plan) in [
        ("none", json!({})),
        ("sequence", json!({ "in_sequence": 8 })),
        ("parallel", json!({ "in_parallel": 8 })),
    ] {
        let before = commits().await;
        client.begin("local-work", id, json!([plan])).await;
        let results = client.result(id).await;
        assert_eq!(results.as_array().map(Vec::len), Some(if id == "none" { 0 } else { 8 }), "{results}");
        cost.push((id, commits().await - before));
    }
    let of_none = cost[0].1;
    for (id, commits) in &cost[1..] {
        assert!(*commits <= of_none + 1.0, "{id} costs {commits} commits, a workflow without any {of_none}");
    }
    let types = client.event_types("sequence").await;
    let completed = types.iter().filter(|name| *name == "ActivityTaskCompleted").count();
    assert_eq!(completed, 8, "{types:?}");
    assert!(activations(&client, "sequence").await >= 8, "each has an activation of its own");
}

#[rstest]
#[tokio::test]
async fn a_local_activity_is_repeated(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("retried");
    let plan = json!({ "activity": "third-time", "in_sequence": 1, "attempts": 5 });
    client.begin("local-work", &id, json!([plan])).await;
    assert_eq!(client.result(&id).await, json!([[0]]));
    let completed = client.events_of(&id, "ActivityTaskCompleted").await;
    assert_eq!(completed[0]["attempt"], 3, "{completed:?}");
}

#[rstest]
#[case::used_up(json!({ "activity": "always-fails", "attempts": 2 }), 2, "maximum_attempts_reached")]
#[case::refused(json!({ "activity": "refuses" }), 1, "non_retryable_failure")]
#[tokio::test]
async fn a_local_activity_that_fails_says_why(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] mut plan: Value,
    #[case] attempts: u32,
    #[case] retry_state: &str,
) {
    let client = shared(backend).await.client();
    let id = unique("failed");
    plan["in_parallel"] = json!(1);
    client.begin("local-work", &id, json!([plan])).await;
    let failure = client.failure(&id).await;
    let activity = &failure["kind"]["activity"];
    assert_eq!(
        (&activity["attempts"], &activity["retry_state"]),
        (&json!(attempts), &json!(retry_state)),
        "{failure}"
    );
}

#[rstest]
#[tokio::test]
async fn a_long_backoff_is_waited_for_in_the_store(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("patient");
    let plan = json!({
        "activity": "third-time", "in_sequence": 1, "attempts": 5, "interval_ms": 300, "threshold_ms": 100,
    });
    client.begin("local-work", &id, json!([plan])).await;
    let pending = eventually("the next attempt waits in the store", async || {
        let described = client.describe(&id).await;
        let pending = described["pending_activities"][0].clone();
        if pending["attempt"].as_u64() >= Some(2) { Ok(pending) } else { Err(described) }
    })
    .await;
    assert_eq!(pending["local"], true, "{pending}");
    assert_eq!(client.result(&id).await, json!([[0]]));
}

#[rstest]
#[tokio::test]
async fn local_activities_outlive_the_host(#[values(Sqlite, Postgres)] backend: Backend) {
    // The first attempt hangs until the host is gone.
    let settings = Settings::default()
        .test_activities()
        .command("hangs-once", "if [ -e hung ]; then cat; else touch hung; exec sleep 600; fi");
    let mut host = Host::with(backend, settings).await;
    let client = host.client();
    client.upload("language").await;
    client.begin("local-work", "lost", json!([{ "activity": "hangs-once", "in_sequence": 3 }])).await;
    let hung = host.folder().join("hung");
    eventually("the attempt hangs", async || if hung.exists() { Ok(()) } else { Err("not yet") }).await;
    host.kill();
    host.restart().await;
    assert_eq!(client.result("lost").await, json!([[0], [1], [2]]));
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}
