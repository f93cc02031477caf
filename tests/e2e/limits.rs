//! Bad input: every refusal is typed, and changes nothing.

use reqwest::Method;

use crate::prelude::*;

/// One payload at most. Source: the contract.
const PAYLOAD_BYTES_MAX: usize = 2 << 20;
/// One request at most.
const BODY_BYTES_MAX: usize = 8 << 20;

/// Posts text as it is.
async fn post_text(client: &Client, path: &str, text: String) -> dalsegno_tests::Answer {
    let request = client.request_within(Method::POST, path).header("content-type", "application/json");
    let response = request.body(text).send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    dalsegno_tests::Answer { status, headers, text: response.text().await.expect("a body") }
}

#[rstest]
#[case::no_json("{", "JSON")]
#[case::no_object("[1]", "")]
#[case::text("hello", "JSON")]
#[case::no_type("{}", "workflow_type")]
#[case::unknown_field(r#"{"workflow_type": "hello", "workflow_idd": "x"}"#, "workflow_idd")]
#[case::input_no_array(r#"{"workflow_type": "hello", "input": {"a": 1}}"#, "input")]
#[case::wrong_duration(r#"{"workflow_type": "hello", "run_timeout": "soon"}"#, "run_timeout")]
#[case::negative_duration(r#"{"workflow_type": "hello", "start_delay": "-1s"}"#, "start_delay")]
#[case::zero_timeout(r#"{"workflow_type": "hello", "run_timeout": "0s"}"#, "run_timeout")]
#[case::wrong_policy(r#"{"workflow_type": "hello", "id_conflict_policy": "win"}"#, "id_conflict_policy")]
#[case::empty_type(r#"{"workflow_type": ""}"#, "workflow_type")]
#[case::empty_id(r#"{"workflow_type": "hello", "workflow_id": ""}"#, "workflow_id")]
#[case::dots(r#"{"workflow_type": "hello", "workflow_id": ".."}"#, "workflow_id")]
#[case::control(r#"{"workflow_type": "hello", "workflow_id": "a\u0000b"}"#, "workflow_id")]
#[case::wrong_digest(r#"{"workflow_type": "hello", "module": "latest"}"#, "digest")]
#[tokio::test]
async fn a_wrong_start_is_refused_with_its_field(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] body: &str,
    #[case] says: &str,
) {
    let client = shared(backend).await.client();
    let detail = post_text(&client, "/workflows", body.to_owned()).await.refusal(400, "invalid_argument");
    assert!(detail.contains(says), "{detail}");
}

#[rstest]
#[tokio::test]
async fn a_long_id_is_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let longest = format!("{}{}", unique("long"), "x".repeat(300));
    let start = |id: &str| json!({ "workflow_type": "sleeper", "workflow_id": id, "input": [{ "ms": 1 }] });
    let _ = client.start(&start(&longest[..256])).await.refusal(400, "invalid_argument");
    let _ = client.start(&start(&longest[..255])).await.json(201);
    client.result(&longest[..255]).await;
}

#[rstest]
#[tokio::test]
async fn what_does_not_exist_is_not_found(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let nobody = unique("nobody");
    let start = json!({ "workflow_type": "no-such-type" });
    let _ = client.start(&start).await.refusal(404, "workflow_type_not_found");
    let elsewhere = "/api/v1/namespaces/elsewhere/workflows";
    let response = client.request(Method::POST, elsewhere).json(&start).send().await.expect("an answer");
    assert_eq!(response.status(), 404);
    let problem: Value = response.json().await.expect("a problem");
    assert_eq!(problem["code"], "namespace_not_found");

    for path in ["", "/history", "/result"] {
        let path = format!("/workflows/{nobody}{path}");
        let _ = client.read(&path).await.refusal(404, "workflow_not_found");
    }
    for call in ["signals/go", "queries/state", "cancel", "terminate", "release"] {
        let path = format!("/workflows/{nobody}/{call}");
        let _ = client.post(&path, &json!({})).await.refusal(404, "workflow_not_found");
    }
    let _ = client.get("/nothing/here").await.refusal(404, "address_not_found");
    let answer = client.request_within(Method::DELETE, "/modules").send().await.expect("an answer");
    assert_eq!(answer.status(), 405);
}

#[rstest]
#[tokio::test]
async fn another_run_of_the_workflow_is_not_found(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let (one, other) = (unique("one"), unique("other"));
    client.begin("waiter", &one, json!([])).await;
    let foreign = client.begin("waiter", &other, json!([])).await;
    for run in [foreign.as_str(), "00000000-0000-7000-8000-000000000000", "no-uuid"] {
        let path = format!("/workflows/{one}?run_id={run}");
        let _ = client.read(&path).await.refusal(404, "workflow_not_found");
        let path = format!("/workflows/{one}/signals/go?run_id={run}");
        let _ = client.post(&path, &json!({})).await.refusal(404, "workflow_not_found");
    }
    for id in [one, other] {
        client.signal(&id, "go", json!([1])).await;
    }
}

#[rstest]
#[tokio::test]
async fn a_payload_that_is_too_large_is_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("large");
    client.begin("waiter", &id, json!([])).await;
    let large = "x".repeat(PAYLOAD_BYTES_MAX + 1);
    let start = json!({ "workflow_type": "waiter", "input": [large] });
    let _ = client.start(&start).await.refusal(413, "too_large");
    let signal = json!({ "input": [large] });
    let _ = client.post(&format!("/workflows/{id}/signals/go"), &signal).await.refusal(413, "too_large");
    let body = format!(r#"{{"workflow_type": "waiter"{}}}"#, " ".repeat(BODY_BYTES_MAX));
    let _ = post_text(&client, "/workflows", body).await.refusal(413, "too_large");
    assert_eq!(client.event_types(&id).await.len(), 1, "nothing was accepted");

    // As much as may be is taken.
    let most = "x".repeat(PAYLOAD_BYTES_MAX - 100);
    client.signal(&id, "go", json!([most])).await;
    assert_eq!(client.result(&id).await, most);
}

#[rstest]
#[tokio::test]
async fn what_this_version_lacks_is_said(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let _ = client.post("/workflows/x/reset", &json!({})).await.refusal(501, "not_supported");
    let _ = client.read("/schedules").await.refusal(501, "not_supported");
}
