//! Activities: programs and HTTP, retried or not.

use crate::prelude::*;

/// The activity's failure below the workflow's.
fn activity_failure(failure: &Value) -> &Value {
    let activity = &failure["kind"]["activity"];
    assert!(activity.is_object(), "the workflow failed with its activity: {failure}");
    activity
}

#[rstest]
#[tokio::test]
async fn a_program_is_an_activity(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("program");
    let argument = json!({ "activity": "noop", "input": { "a": [1, "ä"] }, "attempts": 1 });
    client.begin("retrying", &id, json!([argument])).await;
    // `cat` answers with what it is asked: the list of the arguments.
    assert_eq!(client.result(&id).await, json!([{ "a": [1, "ä"] }]));
}

#[rstest]
#[tokio::test]
async fn a_program_is_told_of_its_attempt(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("environment");
    let run = client.begin("retrying", &id, json!([{ "activity": "environment", "attempts": 1 }])).await;
    assert_eq!(client.result(&id).await, format!("{id} {run}/1"));
}

#[rstest]
#[tokio::test]
async fn a_failed_attempt_is_repeated(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("retried");
    let argument = json!({ "activity": "third-time", "input": 1, "attempts": 5 });
    client.begin("retrying", &id, json!([argument])).await;
    assert_eq!(client.result(&id).await, json!([1]));
    let events = client.events(&id).await;
    let types: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let expected = [
        "WorkflowExecutionStarted",
        "ActivityTaskScheduled",
        "ActivityTaskCompleted",
        "WorkflowExecutionCompleted",
    ];
    assert_eq!(types, expected, "attempts are no events");
    assert_eq!(events[2]["attributes"]["attempt"], 3);
}

#[rstest]
#[case::used_up(json!({ "activity": "always-fails", "attempts": 2 }), 2, "maximum_attempts_reached", "attempt 2 failed")]
#[case::refused(json!({ "activity": "refuses", "attempts": 0 }), 1, "non_retryable_failure", "never again")]
#[case::listed(
    json!({ "activity": "always-fails", "attempts": 0, "non_retryable": ["CommandFailed"] }),
    1, "non_retryable_failure", "attempt 1 failed"
)]
#[case::no_json(json!({ "activity": "no-json", "attempts": 0 }), 1, "non_retryable_failure", "no JSON")]
#[case::too_much(json!({ "activity": "too-much", "attempts": 0 }), 1, "non_retryable_failure", "bytes to its standard output")]
#[case::unknown(json!({ "activity": "no-such-activity", "attempts": 2 }), 2, "maximum_attempts_reached", "no-such-activity")]
#[tokio::test]
async fn a_failure_says_why_there_was_no_further_attempt(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] argument: Value,
    #[case] attempts: u32,
    #[case] retry_state: &str,
    #[case] says: &str,
) {
    let client = shared(backend).await.client();
    let id = unique("failed");
    client.begin("retrying", &id, json!([argument])).await;
    let failure = client.failure(&id).await;
    let activity = activity_failure(&failure);
    assert_eq!(activity["attempts"], attempts, "{failure}");
    assert_eq!(activity["retry_state"], retry_state, "{failure}");
    let message = failure["cause"]["message"].as_str().unwrap_or_default();
    assert!(message.contains(says), "{failure}");
}

#[rstest]
#[tokio::test]
async fn a_retry_that_waits_is_described(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("waiting");
    let argument = json!({ "activity": "always-fails", "attempts": 0, "interval_ms": 600_000 });
    client.begin("retrying", &id, json!([argument])).await;
    let pending = eventually("the second attempt waits", async || {
        let described = client.describe(&id).await;
        let pending = described["pending_activities"][0].clone();
        if pending["attempt"] == 2 { Ok(pending) } else { Err(described) }
    })
    .await;
    assert_eq!(pending["state"], "scheduled");
    assert!(pending["next_attempt_time"].as_str() > pending["scheduled_time"].as_str(), "{pending}");
    assert!(
        pending["last_failure"]["message"].as_str().is_some_and(|text| text.contains("attempt 1 failed"))
    );
    let _ = client.post(&format!("/workflows/{id}/cancel"), &json!({})).await.json(202);
    assert_eq!(client.ended(&id).await["status"], "cancelled");
}

#[rstest]
#[case::attempt(json!({ "activity": "slow", "start_to_close_ms": 200, "attempts": 2 }), 2, "start_to_close", "maximum_attempts_reached")]
#[case::whole(json!({ "activity": "slow", "schedule_to_close_ms": 300 }), 1, "schedule_to_close", "timeout")]
#[tokio::test]
async fn an_activity_ends_when_its_time_is_up(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] argument: Value,
    #[case] attempts: u32,
    #[case] limit: &str,
    #[case] retry_state: &str,
) {
    let client = shared(backend).await.client();
    let id = unique("timeout");
    client.begin("limited", &id, json!([argument])).await;
    let failure = client.failure(&id).await;
    assert_eq!(failure["cause"]["kind"]["timeout"]["kind"], limit, "{failure}");
    let activity = activity_failure(&failure);
    assert_eq!((&activity["attempts"], &activity["retry_state"]), (&json!(attempts), &json!(retry_state)));
    assert!(client.event_types(&id).await.contains(&"ActivityTaskTimedOut".to_owned()));
}

#[rstest]
#[tokio::test]
async fn retries_end_with_the_time_of_the_whole(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("expired");
    let argument =
        json!({ "activity": "always-fails", "schedule_to_close_ms": 600, "interval_ms": 400, "attempts": 0 });
    client.begin("limited", &id, json!([argument])).await;
    let failure = client.failure(&id).await;
    assert_eq!(activity_failure(&failure)["retry_state"], "timeout", "{failure}");
}

#[rstest]
#[tokio::test]
async fn many_activities_run_at_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("fanout");
    client.begin("fanout", &id, json!([{ "count": 40 }])).await;
    assert_eq!(client.result(&id).await, 40);
}

#[rstest]
#[tokio::test]
async fn requests_go_to_allowed_hosts_only(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    for (url, says) in [
        ("http://127.0.0.1:9/x", "--allow-http-host 127.0.0.1:9"),
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254"),
        ("file:///etc/passwd", "neither http nor https"),
    ] {
        let id = unique("forbidden");
        let argument = json!({ "activity": "http", "input": { "url": url }, "attempts": 0 });
        client.begin("retrying", &id, json!([argument])).await;
        let failure = client.failure(&id).await;
        assert_eq!(activity_failure(&failure)["attempts"], 1, "{failure}");
        assert_eq!(failure["cause"]["kind"]["application"]["type"], "HttpNotAllowed", "{failure}");
        assert!(failure["cause"]["message"].as_str().is_some_and(|text| text.contains(says)), "{failure}");
    }
}

#[rstest]
#[tokio::test]
async fn the_answers_of_services_are_results_or_failures(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let url = host.services().url();
    let call = async |name: &str, path: &str, body: Value| {
        let id = unique(name);
        let request = json!({ "method": "POST", "url": format!("{url}{path}"), "body": body });
        client.begin("retrying", &id, json!([{ "activity": "http", "input": request, "attempts": 4 }])).await;
        client.ended(&id).await
    };
    let charged = call("charged", "/payments/charges", json!({ "cents": 5 })).await;
    assert_eq!(charged["result"]["status"], 201, "{charged}");
    let flaky = call("flaky", "/payments/charges", json!({ "cents": 5, "flaky": 2 })).await;
    assert_eq!(flaky["result"]["status"], 201, "{flaky}");
    let declined = call("declined", "/payments/charges", json!({ "card": "declined" })).await;
    let cause = &declined["failure"]["cause"];
    assert_eq!(cause["kind"]["application"]["details"][0]["status"], 402, "{declined}");
    assert_eq!(activity_failure(&declined["failure"])["attempts"], 1, "{declined}");
}

#[rstest]
#[tokio::test]
async fn a_task_queue_has_a_limit(#[values(Sqlite, Postgres)] backend: Backend) {
    let settings = Settings::default()
        .test_activities()
        .set("task_queues", "{ narrow = { concurrency = 1 } }")
        // Two at once would see each other.
        .command("alone", r#"mkdir here || exit 65; sleep 0.05; rmdir here; cat"#);
    let host = Host::with(backend, settings).await;
    let client = host.client();
    client.upload("chain").await;
    let argument = json!([{ "count": 10, "activity": "alone" }]);
    let body = json!({ "workflow_type": "fanout", "workflow_id": "fanout", "input": argument, "task_queue": "narrow" });
    let _ = client.start(&body).await.json(201);
    assert_eq!(client.result("fanout").await, 10);
}
