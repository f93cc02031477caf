//! Finding runs, and what is told of them.

use std::collections::BTreeSet;

use crate::prelude::*;

/// Lists all runs that a filter matches, in pages.
async fn listed(client: &Client, query: &str, page_size: usize) -> Vec<Value> {
    let query: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let path = format!("/workflows?query={query}&page_size={page_size}");
    let mut runs = Vec::new();
    let mut page = client.read(&path).await.json(200);
    loop {
        let found = page["workflows"].as_array().cloned().unwrap_or_default();
        assert!(found.len() <= page_size);
        runs.extend(found);
        let Some(token) = page["next_page_token"].as_str() else { return runs };
        page = client.read(&format!("{path}&page_token={token}")).await.json(200);
    }
}

#[rstest]
#[tokio::test]
async fn runs_are_listed_the_newest_first(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    for package in ["chain", "language"] {
        client.upload(package).await;
    }
    for number in 0..7 {
        client.begin("sleeper", &format!("sleeper-{number}"), json!([{ "ms": 1 }])).await;
        client.result(&format!("sleeper-{number}")).await;
    }
    client.begin("failing", "failing", json!([])).await;
    client.failure("failing").await;
    client.begin("waiter", "it's open", json!([])).await;

    let all = listed(&client, "", 100).await;
    assert_eq!(all.len(), 9);
    let times: Vec<&str> = all.iter().filter_map(|run| run["start_time"].as_str()).collect();
    assert!(times.is_sorted_by(|later, earlier| later >= earlier), "{times:?}");
    assert_eq!(all[0]["workflow_id"], "it's open");
    for size in [1, 2, 4] {
        assert_eq!(listed(&client, "", size).await, all, "page_size={size}");
    }

    for (query, number) in [
        ("WorkflowType = 'sleeper'", 7),
        ("ExecutionStatus = 'completed'", 7),
        ("ExecutionStatus = 'Running'", 1),
        ("ExecutionStatus = 'failed' AND WorkflowType = 'failing'", 1),
        ("ExecutionStatus = 'failed' AND WorkflowType = 'sleeper'", 0),
        ("WorkflowId = 'it''s open'", 1),
        ("Blocked = 'true'", 0),
    ] {
        let found = listed(&client, query, 3).await;
        let distinct: BTreeSet<_> = found.iter().map(|run| run["run_id"].to_string()).collect();
        assert_eq!((found.len(), distinct.len()), (number, number), "{query}");
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let count = client.read(&format!("/workflows:count?query={encoded}")).await.json(200);
        assert_eq!(count["count"], number, "{query}");
    }
    assert_eq!(client.read("/workflows:count").await.json(200)["count"], 9);
}

#[rstest]
#[case::unknown_field("Colour%20%3D%20%27red%27")]
#[case::no_filter("WorkflowId")]
#[case::injection("WorkflowId%20%3D%20%27a%27%3B%20DROP%20TABLE%20runs")]
#[case::or("WorkflowId%3D%27a%27%20OR%20WorkflowId%3D%27b%27")]
#[tokio::test]
async fn a_filter_that_is_not_understood_is_refused(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] query: &str,
) {
    let client = shared(backend).await.client();
    for call in ["/workflows", "/workflows:count"] {
        let _ = client.read(&format!("{call}?query={query}")).await.refusal(400, "invalid_argument");
    }
    let _ = client.read("/workflows?page_token=abc").await.refusal(400, "invalid_argument");
    let _ = client.read("/workflows?page_size=0").await.refusal(400, "invalid_argument");
}

#[rstest]
#[tokio::test]
async fn a_description_tells_what_is_pending(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let (sleeper, worker) = (unique("sleeper"), unique("worker"));
    let run = client.begin("sleeper", &sleeper, json!([{ "ms": 600_000 }])).await;
    client.begin("chain", &worker, json!([{ "steps": 1, "activity": "slow" }])).await;

    let described = client.describe(&sleeper).await;
    assert_eq!(described["run_id"], run.as_str());
    assert_eq!(described["workflow_type"], "sleeper");
    assert_eq!(described["status"], "running");
    assert_eq!(described["input"], json!([{ "ms": 600_000 }]));
    assert_eq!(described["history_length"], 2);
    assert_eq!(described["pending_activities"], json!([]));
    let timers = described["timers"].as_array().expect("a list");
    assert_eq!(timers.len(), 1, "{described}");
    assert!(timers[0]["due"].as_str() > described["start_time"].as_str(), "{described}");

    let described = client.describe(&worker).await;
    let pending = described["pending_activities"].as_array().expect("a list");
    assert_eq!(pending.len(), 1, "{described}");
    assert_eq!(pending[0]["activity_type"], "slow");
    assert_eq!(pending[0]["attempt"], 1);
    assert_eq!(pending[0]["state"], "started");

    for id in [&sleeper, &worker] {
        let _ = client.post(&format!("/workflows/{id}/terminate"), &json!({})).await.json(200);
        let described = client.describe(id).await;
        assert_eq!(described["status"], "terminated");
        assert!(described["close_time"].is_string(), "{described}");
        assert_eq!((&described["pending_activities"], &described["timers"]), (&json!([]), &json!([])));
    }
}
