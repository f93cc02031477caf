//! How runs end before they are done: cancelled, terminated, out of time.

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_cancelled_run_cleans_up(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    for argument in [json!({}), json!({ "work": "slow" })] {
        let id = unique("cleanup");
        client.begin("cancel-cleanup", &id, json!([argument])).await;
        let cancel = format!("/workflows/{id}/cancel");
        let _ = client.post(&cancel, &json!({ "reason": "changed my mind" })).await.json(202);
        let ended = client.ended(&id).await;
        assert_eq!(ended["status"], "cancelled", "{ended}");
        assert_eq!(client.describe(&id).await["cancel_reason"], "changed my mind");
        let events = client.events(&id).await;
        let asked = events.iter().find(|event| event["type"] == "WorkflowExecutionCancelRequested");
        assert_eq!(asked.map(|event| &event["attributes"]["reason"]), Some(&json!("changed my mind")));
        let cleaned = events.iter().filter(|event| event["type"] == "ActivityTaskCompleted");
        assert_eq!(cleaned.count(), 1, "the clean-up ran: {events:?}");
        assert_eq!(events.last().map(|event| &event["type"]), Some(&json!("WorkflowExecutionCanceled")));
        let _ = client.post(&cancel, &json!({})).await.refusal(409, "workflow_closed");
    }
}

#[rstest]
#[tokio::test]
async fn a_run_may_complete_although_it_was_cancelled(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("caught");
    client.begin("cancel-caught", &id, json!([])).await;
    let _ = client.post(&format!("/workflows/{id}/cancel"), &json!({ "reason": "enough" })).await.json(202);
    assert_eq!(client.result(&id).await, "caught: enough");
    let events = client.event_types(&id).await;
    assert!(events.contains(&"TimerCanceled".to_owned()), "{events:?}");
}

#[rstest]
#[tokio::test]
async fn to_cancel_again_changes_nothing(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("twice");
    let body = json!({ "workflow_type": "cancel-caught", "workflow_id": id, "start_delay": "1s" });
    let _ = client.start(&body).await.json(201);
    for reason in ["first", "second"] {
        let cancel = json!({ "reason": reason });
        let _ = client.post(&format!("/workflows/{id}/cancel"), &cancel).await.json(202);
    }
    assert_eq!(client.result(&id).await, "caught: first");
    let events = client.event_types(&id).await;
    let asked = events.iter().filter(|name| *name == "WorkflowExecutionCancelRequested");
    assert_eq!(asked.count(), 1);
}

#[rstest]
#[tokio::test]
async fn a_terminated_run_has_no_say(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("terminated");
    client.begin("cancel-cleanup", &id, json!([{ "work": "slow" }])).await;
    let path = format!("/workflows/{id}/terminate");
    let _ = client.post(&path, &json!({ "reason": "no longer wanted" })).await.json(200);
    let ended = client.ended(&id).await;
    assert_eq!(ended["status"], "terminated");
    assert_eq!(ended["failure"]["message"], "no longer wanted", "{ended}");
    assert!(ended["failure"]["kind"]["terminated"].is_object(), "{ended}");
    let types = client.event_types(&id).await;
    assert_eq!(types, ["WorkflowExecutionStarted", "ActivityTaskScheduled", "WorkflowExecutionTerminated"]);
    let _ = client.post(&path, &json!({})).await.refusal(409, "workflow_closed");
}

#[rstest]
#[case::run("run_timeout")]
#[case::execution("execution_timeout")]
#[tokio::test]
async fn a_run_ends_when_its_time_is_up(#[values(Sqlite, Postgres)] backend: Backend, #[case] limit: &str) {
    let client = shared(backend).await.client();
    let id = unique("late");
    let body = json!({ "workflow_type": "waiter", "workflow_id": id, limit: "700ms" });
    let begun = Instant::now();
    let _ = client.start(&body).await.json(201);
    assert!(client.describe(&id).await["expiration_time"].is_string());
    let ended = client.ended(&id).await;
    assert!(begun.elapsed() >= Duration::from_millis(700));
    assert_eq!(ended["status"], "timed_out", "{ended}");
    let types = client.event_types(&id).await;
    assert_eq!(types, ["WorkflowExecutionStarted", "WorkflowExecutionTimedOut"]);
}
