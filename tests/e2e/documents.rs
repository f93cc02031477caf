//! What a host says of itself.

use crate::prelude::*;

/// Every call of the contract that this version has.
const CALLS: [(&str, &str); 22] = [
    ("/", "get"),
    ("/healthz", "get"),
    ("/readyz", "get"),
    ("/metrics", "get"),
    ("/api/v1/namespaces/{namespace}/modules", "get"),
    ("/api/v1/namespaces/{namespace}/modules", "post"),
    ("/api/v1/namespaces/{namespace}/modules/{digest}", "get"),
    ("/api/v1/namespaces/{namespace}/workflows", "get"),
    ("/api/v1/namespaces/{namespace}/workflows", "post"),
    ("/api/v1/namespaces/{namespace}/workflows:count", "get"),
    ("/api/v1/namespaces/{namespace}/workflows:signal-with-start", "post"),
    ("/api/v1/namespaces/{namespace}/workflows:update-with-start", "post"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}", "get"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/history", "get"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/result", "get"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/signals/{name}", "post"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/updates/{name}", "post"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/updates/{name}", "get"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/queries/{name}", "post"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/cancel", "post"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/terminate", "post"),
    ("/api/v1/namespaces/{namespace}/workflows/{id}/release", "post"),
];

#[rstest]
#[tokio::test]
async fn every_call_is_documented(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let document = client.get("/openapi.json").await.json(200);
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{document}");
    for (path, method) in CALLS {
        let call = &document["paths"][path][method];
        assert!(call["responses"].is_object(), "{method} {path} is not documented");
    }
    let documented = document["paths"].as_object().expect("paths");
    for (path, calls) in documented {
        let methods =
            calls.as_object().into_iter().flat_map(|calls| calls.keys()).filter(|key| *key != "parameters");
        for method in methods {
            assert!(CALLS.contains(&(path.as_str(), method.as_str())), "{method} {path} is not tested here");
        }
    }
    let text = document.to_string();
    for word in ["workflow_already_running", "ActivityTaskScheduled", "application/problem+json"] {
        assert!(text.contains(word), "{word} is not documented");
    }
}

#[rstest]
#[tokio::test]
async fn a_host_is_alive_and_ready(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    for path in ["/healthz", "/readyz"] {
        let answer = client.get(path).await;
        assert_eq!(answer.json(200), json!({ "status": "ok" }));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[rstest]
#[tokio::test]
async fn figures_count_what_happens(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    client.upload("chain").await;
    for number in 0..3 {
        let id = format!("chain-{number}");
        client.begin("chain", &id, json!([{ "steps": 4 }])).await;
        client.result(&id).await;
    }
    let answer = client.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"), "{answer:?}");
    let figure = |name: &str| -> Option<f64> {
        answer.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    };
    assert_eq!(figure("dalsegno_runs_started_total"), Some(3.0), "{}", answer.text);
    assert_eq!(figure(r#"dalsegno_runs_closed_total{status="completed"}"#), Some(3.0), "{}", answer.text);
    assert_eq!(
        figure(r#"dalsegno_activity_attempts_total{outcome="completed"}"#),
        Some(12.0),
        "{}",
        answer.text
    );
    assert_eq!(
        figure("dalsegno_activations_total"),
        Some(15.0),
        "one for each step and the start: {}",
        answer.text
    );
    assert!(figure("dalsegno_commit_seconds_count").is_some_and(|commits| commits >= 5.0), "{}", answer.text);
    assert!(answer.text.ends_with("# EOF\n"), "{}", answer.text);
}

#[rstest]
#[tokio::test]
async fn pages_of_other_sites_cannot_use_the_host(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let request = client.request_within(reqwest::Method::POST, "/workflows");
    let request = request.header("Origin", "https://evil.example").json(&json!({ "workflow_type": "hello" }));
    assert_eq!(request.send().await.expect("an answer").status(), 403);
}
