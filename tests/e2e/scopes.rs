//! Scopes that nest, and single things that are cancelled.

use crate::prelude::*;

/// How each part of `scopes` ended, after these signals.
async fn ended(backend: Backend, signals: &[(&str, Value)], cancel: bool) -> Value {
    let client = shared(backend).await.client();
    let id = unique("scopes");
    client.begin("scopes", &id, json!([])).await;
    for (name, input) in signals {
        client.signal(&id, name, input.clone()).await;
    }
    if cancel {
        client.cancel(&id, "all of it").await;
    }
    client.signal(&id, "shielded", json!([])).await;
    client.result(&id).await
}

#[rstest]
#[tokio::test]
async fn cancelling_a_scope_reaches_inwards_only(#[values(Sqlite, Postgres)] backend: Backend) {
    let signals = [("cancel_inner", json!(["enough"])), ("outer", json!([])), ("outside", json!([]))];
    let told = ended(backend, &signals, false).await;
    let expected = json!({
        "inner": "cancelled: enough", "outer": "signalled", "shielded": "signalled", "outside": "signalled",
        "run_is_cancelled": false,
    });
    assert_eq!(told, expected);
}

#[rstest]
#[tokio::test]
async fn cancelling_an_outer_scope_stops_at_a_shield(#[values(Sqlite, Postgres)] backend: Backend) {
    let signals = [("cancel_outer", json!(["enough"])), ("outside", json!([]))];
    let told = ended(backend, &signals, false).await;
    let expected = json!({
        "inner": "cancelled: enough", "outer": "cancelled: enough", "shielded": "signalled",
        "outside": "signalled", "run_is_cancelled": false,
    });
    assert_eq!(told, expected);
}

#[rstest]
#[tokio::test]
async fn cancelling_the_run_reaches_all_but_the_shield(#[values(Sqlite, Postgres)] backend: Backend) {
    let told = ended(backend, &[("cancel_inner", json!(["first"]))], true).await;
    let expected = json!({
        "inner": "cancelled: first", "outer": "cancelled: all of it", "shielded": "signalled",
        "outside": "cancelled: all of it", "run_is_cancelled": true,
    });
    assert_eq!(told, expected);
}

#[rstest]
#[tokio::test]
async fn an_activity_a_timer_and_a_child_are_cancelled_each(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("each");
    client.begin("cancel-each", &id, json!([])).await;
    client.signal(&id, "go", json!([])).await;
    let told = client.result(&id).await;
    let expected = json!({ "activity": true, "child": true, "timer": true, "run_is_cancelled": false });
    assert_eq!(told, expected);
    let types = client.event_types(&id).await;
    for name in [
        "ActivityTaskCancelRequested",
        "TimerCanceled",
        "ChildWorkflowExecutionCancelRequested",
        "ChildWorkflowExecutionCanceled",
    ] {
        assert!(types.contains(&name.to_owned()), "{name}: {types:?}");
    }
}
