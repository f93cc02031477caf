//! Workflows that are tried again, each time as another run.

use dalsegno_engine::Timestamp;

use crate::prelude::*;

async fn ended(client: &Client, input: Value, policy: Value) -> (String, Value) {
    let id = unique("unlucky");
    let body = json!({
        "workflow_type": "unlucky", "workflow_id": id, "input": [input], "retry_policy": policy,
        "run_timeout": "700ms", "memo": { "kept": true },
    });
    let _ = client.start(&body).await.json(201);
    let ended = client.ended(&id).await;
    (id, ended)
}

#[rstest]
#[tokio::test]
async fn a_failed_workflow_is_tried_again(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let policy = json!({ "initial_interval": "50ms", "backoff_coefficient": 1.0 });
    let (id, ended) = ended(&client, json!({ "fails": 2 }), policy).await;
    assert_eq!(ended["result"], json!([3, "[Unlucky] attempt 2"]), "it knows what the one before it said");
    let runs = client.chain(&id).await;
    assert_eq!(runs.len(), 3);
    for (run, attempt) in runs.iter().zip(1..) {
        assert_eq!(run["attempt"], attempt, "{run}");
        assert_eq!(run["memo"], json!({ "kept": true }), "{run}");
        assert_eq!(run["status"], if attempt == 3 { "completed" } else { "failed" });
    }
    let start = |run: &Value| run["start_time"].as_str().and_then(|time| time.parse::<Timestamp>().ok());
    assert!(runs.is_sorted_by(|one, next| start(one) < start(next)), "the last is not the newest: {runs:?}");
}

#[rstest]
#[case::used_up(json!({ "fails": 9 }), json!({ "maximum_attempts": 2 }), 2)]
#[case::refused(json!({ "fails": 9, "non_retryable": true }), json!({}), 1)]
#[case::listed(json!({ "fails": 9 }), json!({ "non_retryable_error_types": ["Unlucky"] }), 1)]
#[tokio::test]
async fn a_workflow_is_not_tried_for_ever(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] input: Value,
    #[case] mut policy: Value,
    #[case] attempts: usize,
) {
    let client = shared(backend).await.client();
    policy["initial_interval"] = json!("20ms");
    let (id, ended) = ended(&client, input, policy).await;
    assert_eq!(ended["status"], "failed", "{ended}");
    assert_eq!(ended["failure"]["message"], format!("attempt {attempts}"));
    assert_eq!(client.chain(&id).await.len(), attempts);
}

#[rstest]
#[tokio::test]
async fn a_workflow_that_took_too_long_is_tried_again(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let policy = json!({ "initial_interval": "20ms", "maximum_attempts": 3 });
    let (id, ended) = ended(&client, json!({ "fails": 1, "hangs": true }), policy).await;
    assert_eq!(ended["result"][0], 2, "{ended}");
    let statuses: Vec<Value> = client.chain(&id).await.iter().map(|run| run["status"].clone()).collect();
    assert_eq!(statuses, ["timed_out", "completed"]);
}

#[rstest]
#[tokio::test]
async fn without_a_policy_a_workflow_is_tried_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("once");
    client.begin("unlucky", &id, json!([{ "fails": 1 }])).await;
    assert_eq!(client.failure(&id).await["message"], "attempt 1");
    assert_eq!(client.chain(&id).await.len(), 1);
}

#[rstest]
#[case(json!({ "maximum_attempts": -1 }))]
#[case(json!({ "backoff_coefficient": 0.5 }))]
#[case(json!({ "initial_interval": "0s" }))]
#[case(json!({ "attempts": 3 }))]
#[tokio::test]
async fn a_policy_that_makes_no_sense_is_refused(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] policy: Value,
) {
    let client = shared(backend).await.client();
    let body = json!({ "workflow_type": "unlucky", "input": [{ "fails": 1 }], "retry_policy": policy });
    let _ = client.start(&body).await.refusal(400, "invalid_argument");
}
