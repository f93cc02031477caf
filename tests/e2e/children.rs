//! Children: each begins once, and its parent is told once how it ended.

use dalsegno_tests::auditor::audit;

use crate::prelude::*;

/// Runs a parent to its end.
async fn parent(client: &Client, family: Value) -> (String, Value) {
    let id = unique("parent");
    client.begin("parent", &id, json!([family])).await;
    let ended = client.ended(&id).await;
    (id, ended)
}

#[rstest]
#[tokio::test]
async fn a_parent_has_its_childrens_results(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let family = json!({ "workflow_type": "sleeper", "input": [{ "ms": 20 }], "count": 3 });
    let (id, ended) = parent(&client, family).await;
    assert_eq!(ended["status"], "completed", "{ended}");
    for number in 0..3 {
        let told = &ended["result"][number];
        let child = client.describe(&format!("{id}-{number}")).await;
        assert_eq!((&told["result"], &told["run_id"]), (&json!(20), &child["run_id"]), "{ended}");
        assert_eq!(child["parent"]["workflow_id"], id.as_str(), "{child}");
        assert_eq!(child["root"]["workflow_id"], id.as_str(), "{child}");
        assert_eq!(child["status"], "completed");
    }
    let types = client.event_types(&id).await;
    assert_eq!(types[..2], ["WorkflowExecutionStarted", "StartChildWorkflowExecutionInitiated"]);
    let told = types.iter().filter(|name| *name == "ChildWorkflowExecutionCompleted").count();
    assert_eq!(told, 3, "{types:?}");
}

#[rstest]
#[tokio::test]
async fn an_open_child_is_described(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("parent");
    client.begin("parent", &id, json!([{ "workflow_type": "waiter" }])).await;
    let child = format!("{id}-0");
    let described = eventually("the child is known to be there", async || {
        let described = client.describe(&id).await;
        if described["children"][0]["started"] == true { Ok(described) } else { Err(described) }
    })
    .await;
    let told = &described["children"][0];
    assert_eq!((&told["workflow_id"], &told["workflow_type"]), (&json!(child), &json!("waiter")), "{told}");
    assert_eq!(told["run_id"], client.describe(&child).await["run_id"]);
    let waits = client.query(&id, "__stack_trace").await;
    assert!(waits.as_str().is_some_and(|text| text.contains("waiter") && text.contains(&child)), "{waits}");
    client.signal(&child, "go", json!(["now"])).await;
    assert_eq!(client.result(&id).await[0]["result"], "now");
    assert_eq!(client.describe(&id).await["children"], json!([]));
}

#[rstest]
#[tokio::test]
async fn a_childs_failure_comes_with_all_its_causes(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let family = json!({ "workflow_type": "failing", "then": "insist" });
    let (id, ended) = parent(&client, family).await;
    assert_eq!(ended["status"], "failed", "{ended}");
    let failure = &ended["failure"];
    let child = &failure["kind"]["child_workflow"];
    assert_eq!(child["workflow_id"], format!("{id}-0"), "{failure}");
    assert_eq!(
        (&child["workflow_type"], &child["retry_state"]),
        (&json!("failing"), &json!("retry_policy_not_set"))
    );
    let mut messages = Vec::new();
    let mut cause = &failure["cause"];
    while cause.is_object() {
        messages.push(cause["message"].as_str().unwrap_or_default());
        cause = &cause["cause"];
    }
    assert_eq!(messages, ["cannot fulfil the order", "cannot charge the card", "not enough funds"]);
}

#[rstest]
#[case::exhausted(5, 3, "failed", 3)]
#[case::lucky(2, 5, "completed", 3)]
#[tokio::test]
async fn a_child_has_a_retry_policy_of_its_own(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] fails: u32,
    #[case] attempts: u32,
    #[case] status: &str,
    #[case] made: u32,
) {
    let client = shared(backend).await.client();
    let family = json!({
        "workflow_type": "unlucky", "input": [{ "fails": fails }], "attempts": attempts, "then": "insist",
    });
    let (id, ended) = parent(&client, family).await;
    assert_eq!(ended["status"], status, "{ended}");
    let child = client.describe(&format!("{id}-0")).await;
    assert_eq!(child["attempt"], made, "{child}");
    if status == "completed" {
        assert_eq!(ended["result"][0]["result"], json!([3, "[Unlucky] attempt 2"]));
    } else {
        let retry_state = &ended["failure"]["kind"]["child_workflow"]["retry_state"];
        assert_eq!(*retry_state, "maximum_attempts_reached", "{ended}");
    }
}

#[rstest]
#[tokio::test]
async fn a_child_that_cannot_start_says_why(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let taken = unique("taken");
    client.begin("waiter", &format!("{taken}-0"), json!([])).await;
    let used = unique("used");
    client.begin("sleeper", &format!("{used}-0"), json!([{ "ms": 1 }])).await;
    client.result(&format!("{used}-0")).await;
    for (family, failure, reason) in [
        (json!({ "workflow_type": "waiter", "prefix": taken }), "WorkflowAlreadyRunning", "AlreadyRunning"),
        (
            json!({ "workflow_type": "waiter", "prefix": used, "id_reuse": "reject" }),
            "WorkflowIdReused",
            "IdReused",
        ),
        (
            json!({ "workflow_type": "waiter", "prefix": used, "id_reuse": "failed_only" }),
            "WorkflowIdReused",
            "IdReused",
        ),
        (json!({ "workflow_type": "no-such-type" }), "WorkflowTypeNotFound", "UnknownType"),
        (
            json!({ "workflow_type": "waiter", "namespace": "elsewhere" }),
            "NamespaceNotFound",
            "UnknownNamespace",
        ),
    ] {
        let (id, ended) = parent(&client, family).await;
        let told = &ended["result"][0];
        assert_eq!(
            (&told["failure_type"], &told["start_failure"]),
            (&json!(failure), &json!(reason)),
            "{ended}"
        );
        let failed = client.events_of(&id, "StartChildWorkflowExecutionFailed").await;
        assert_eq!(failed.len(), 1, "{failed:?}");
    }
    client.signal(&format!("{taken}-0"), "go", json!([1])).await;
    client.result(&format!("{taken}-0")).await;
}

#[rstest]
#[case::terminate("terminate", "terminated")]
#[case::abandon("abandon", "running")]
#[case::request_cancel("request_cancel", "cancelled")]
#[tokio::test]
async fn a_childs_fate_at_its_parents_end_is_its_policys(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] policy: &str,
    #[case] fate: &str,
    #[values("completed", "terminated", "cancelled")] end: &str,
) {
    let client = shared(backend).await.client();
    let id = unique("parent");
    let then = if end == "completed" { "leave_later" } else { "collect" };
    let family = json!({
        "workflow_type": "cancel-cleanup", "input": [{}], "count": 2, "parent_close": policy, "then": then,
        "cancellation": "abandon",
    });
    client.begin("parent", &id, json!([family])).await;
    let (one, other) = (format!("{id}-0"), format!("{id}-1"));
    eventually("the children are known to be there", async || {
        let described = client.describe(&id).await;
        let children = described["children"]
            .as_array()
            .map_or(0, |children| children.iter().filter(|child| child["started"] == true).count());
        if children == 2 { Ok(()) } else { Err(described) }
    })
    .await;
    match end {
        "terminated" => drop(client.post(&format!("/workflows/{id}/terminate"), &json!({})).await.json(200)),
        "cancelled" => client.cancel(&id, "enough").await,
        _ => client.signal(&id, "go", json!([])).await,
    }
    client.ended(&id).await;
    for child in [&one, &other] {
        eventually("the child has met its fate", async || {
            let status = client.status(child).await;
            if status == fate { Ok(()) } else { Err(status) }
        })
        .await;
        if fate == "running" {
            client.cancel(child, "the test is over").await;
            client.ended(child).await;
        }
    }
}

#[rstest]
#[case::wait_completed("wait_completed", "completed", true)]
#[case::wait_requested("wait_requested", "completed", true)]
#[case::try_cancel("try_cancel", "completed", true)]
#[case::abandon("abandon", "terminated", false)]
#[tokio::test]
async fn cancelling_a_child_waits_for_what_its_type_says(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] cancellation: &str,
    #[case] fate: &str,
    #[case] asked: bool,
) {
    let client = shared(backend).await.client();
    // The child completes although it is cancelled; only who waits for its end learns that.
    let family = json!({
        "workflow_type": "cancel-caught", "cancellation": cancellation, "then": { "cancel": { "reason": "why not" } },
        "parent_close": if asked { "abandon" } else { "terminate" },
    });
    let (id, ended) = parent(&client, family).await;
    let told = &ended["result"][0];
    if cancellation == "wait_completed" {
        assert_eq!(told["result"], "caught: why not", "{ended}");
    } else {
        assert_eq!(told["is_cancelled"], true, "{ended}");
    }
    let child = client.ended(&format!("{id}-0")).await;
    assert_eq!(child["status"], fate, "{child}");
    let requests = client.events_of(&format!("{id}-0"), "WorkflowExecutionCancelRequested").await;
    assert_eq!(requests.len(), usize::from(asked));
}

#[rstest]
#[tokio::test]
async fn cancelling_the_parent_cancels_its_children(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("parent");
    let family = json!({ "workflow_type": "cancel-cleanup", "input": [{}], "count": 3, "then": "insist" });
    client.begin("parent", &id, json!([family])).await;
    eventually("the children are there", async || {
        let described = client.describe(&id).await;
        let started = described["children"].as_array().is_some_and(|children| {
            children.len() == 3 && children.iter().all(|child| child["started"] == true)
        });
        if started { Ok(()) } else { Err(described) }
    })
    .await;
    client.cancel(&id, "all of it").await;
    assert_eq!(client.ended(&id).await["status"], "cancelled");
    for number in 0..3 {
        let child = format!("{id}-{number}");
        assert_eq!(client.status(&child).await, "cancelled", "the parent has waited for it");
        let cleaned = client.events_of(&child, "ActivityTaskCompleted").await;
        assert_eq!(cleaned.len(), 1, "it has cleaned up");
    }
}

#[rstest]
#[tokio::test]
async fn a_parent_signals_its_children(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let family = json!({
        "workflow_type": "waiter", "count": 4, "then": { "signal": { "name": "go", "input": [{ "a": 1 }] } },
    });
    let (_, ended) = parent(&client, family).await;
    for number in 0..4 {
        assert_eq!(ended["result"][number]["result"], json!({ "a": 1 }), "{ended}");
    }
}

#[rstest]
#[tokio::test]
async fn a_child_that_continues_as_new_is_one_child(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let family = json!({ "workflow_type": "continued", "input": [{ "times": 4 }] });
    let (id, ended) = parent(&client, family).await;
    let told = &ended["result"][0];
    assert_eq!(told["result"].as_array().map(Vec::len), Some(5), "{ended}");
    assert_eq!(told["run_id"], told["result"][0]["run_id"], "it is known by its first run");
    let types = client.event_types(&id).await;
    let ends = types.iter().filter(|name| name.starts_with("ChildWorkflowExecutionCompleted")).count();
    assert_eq!(ends, 1, "{types:?}");
}

#[rstest]
#[tokio::test]
async fn a_terminated_or_late_child_fails_its_parent(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let family = json!({ "workflow_type": "waiter", "run_timeout_ms": 300, "then": "insist" });
    let (_, late) = parent(&client, family).await;
    assert_eq!(late["failure"]["cause"]["kind"]["timeout"]["kind"], "start_to_close", "{late}");

    let id = unique("parent");
    client.begin("parent", &id, json!([{ "workflow_type": "waiter", "then": "insist" }])).await;
    let terminate = format!("/workflows/{id}-0/terminate");
    eventually("the child is there", async || {
        let answer = client.post(&terminate, &json!({ "reason": "gone" })).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.text) }
    })
    .await;
    let failure = client.failure(&id).await;
    assert!(failure["cause"]["kind"]["terminated"].is_object(), "{failure}");
}

#[rstest]
#[tokio::test]
async fn a_hundred_children_run_at_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let family = json!({ "workflow_type": "chain", "input": [{ "steps": 2 }], "count": 100 });
    let (id, ended) = parent(&client, family).await;
    let results = ended["result"].as_array().expect("a list");
    assert_eq!(results.len(), 100);
    assert!(results.iter().all(|told| told["result"] == 2), "{ended}");
    assert_eq!(client.events_of(&id, "ChildWorkflowExecutionCompleted").await.len(), 100);
}

#[rstest]
#[tokio::test]
async fn children_survive_the_host(#[values(Sqlite, Postgres)] backend: Backend) {
    const CHILDREN: usize = 40;
    let settings = Settings::default().test_activities().set("resident_bytes_max", "1");
    let mut host = Host::with(backend, settings).await;
    let client = host.client();
    for package in ["chain", "language"] {
        client.upload(package).await;
    }
    let family = json!({ "workflow_type": "chain", "input": [{ "steps": 5 }], "count": CHILDREN });
    client.begin("parent", "parent", json!([family])).await;
    let family = json!({
        "workflow_type": "waiter", "count": 10, "then": { "signal": { "name": "go", "input": [1] } },
    });
    client.begin("parent", "sender", json!([family])).await;
    for at_least in [1, CHILDREN / 4, CHILDREN / 2] {
        eventually("some children have ended", async || {
            let ended = client.events_of("parent", "ChildWorkflowExecutionCompleted").await.len();
            if ended >= at_least { Ok(()) } else { Err(ended.to_string()) }
        })
        .await;
        host.kill();
        host.restart().await;
    }
    let result = client.result("parent").await;
    let results = result.as_array().expect("a list");
    assert_eq!(results.len(), CHILDREN);
    assert!(results.iter().all(|told| told["result"] == 5), "{result}");
    let sent = client.result("sender").await;
    assert!(sent.as_array().is_some_and(|sent| sent.iter().all(|told| told["result"] == 1)), "{sent}");
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}
