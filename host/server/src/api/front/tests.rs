use axum::{
    body::{Body, to_bytes},
    http::StatusCode,
    routing::{get, post},
};
use tower::ServiceExt as _;

use super::*;
use crate::api::body::Json;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[expect(dead_code, reason = "only whether it can be read is looked at")]
    name: String,
}

fn routes() -> Router {
    let here = Router::new()
        .route("/here", get(|| async { "here" }))
        .route("/form", post(|Json(_): Json<Form>| async { StatusCode::NO_CONTENT }))
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("a bug")
                }
            }),
        );
    front(here)
}

async fn asked(
    request: axum::http::request::Builder,
    body: &'static str,
) -> (StatusCode, HeaderMap, serde_json::Value) {
    let request = request.body(Body::from(body)).expect("a request");
    let response = routes().oneshot(request).await.expect("it always answers");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.expect("a body");
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn an_unknown_address_is_a_problem() {
    let (status, headers, body) = asked(Request::get("/there"), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(body["code"], "address_not_found");
    assert_eq!(body["status"], 404);
}

#[tokio::test]
async fn another_method_is_a_problem_that_says_which_to_use() {
    let (status, headers, body) = asked(Request::delete("/here"), "").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers[header::ALLOW], "GET,HEAD");
    assert_eq!(body["code"], "method_not_allowed");
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing() {
    let (status, _, body) = asked(Request::get("/panic"), "").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body["code"], "internal");
    assert!(!body.to_string().contains("a bug"));
}

#[tokio::test]
async fn wrong_bodies_are_problems() {
    for body in ["{", "[]", r#"{"name": 1}"#, r#"{"name": "x", "nmae": 1}"#, ""] {
        let (status, _, problem) = asked(Request::post("/form"), body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(problem["code"], "invalid_argument", "{body}");
    }
    let (status, ..) = asked(Request::post("/form"), r#"{"name": "x"}"#).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    for (name, value, refused) in [
        ("origin", "http://evil.example", true),
        ("origin", "null", true),
        ("origin", "http://127.0.0.1:7400", false),
        ("sec-fetch-site", "cross-site", true),
        ("sec-fetch-site", "same-site", true),
        ("sec-fetch-site", "same-origin", false),
        ("sec-fetch-site", "none", false),
    ] {
        let request = Request::post("/form").header("host", "127.0.0.1:7400").header(name, value);
        let (status, ..) = asked(request, r#"{"name": "x"}"#).await;
        let expected = if refused { StatusCode::FORBIDDEN } else { StatusCode::NO_CONTENT };
        assert_eq!(status, expected, "{name}: {value}");
    }
    let request = Request::get("/here").header("origin", "http://evil.example");
    assert_eq!(asked(request, "").await.0, StatusCode::OK);
}
