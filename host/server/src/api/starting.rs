//! What is answered while the database has not answered the host yet.

use axum::{
    Router,
    routing::{any, get},
};

use super::{front, health, problem::Problem};
use crate::service::ErrorCode;

/// Alive, and not ready: every call may be tried again.
pub(crate) fn starting() -> Router {
    front::front(
        Router::new()
            .route("/healthz", get(health::healthz))
            .route("/", any(wait))
            .route("/{*anything}", any(wait)),
    )
}

async fn wait() -> Problem {
    let detail = "the database does not answer; the host starts as soon as it does";
    Problem::new(ErrorCode::DatabaseUnavailable, detail)
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, StatusCode, header},
    };
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn every_call_may_be_tried_again() {
        for path in ["/", "/readyz", "/openapi.json", "/api/v1/namespaces/default/workflows/a%2Fb"] {
            let request = Request::post(path).body(Body::empty()).expect("a request");
            let response = starting().oneshot(request).await.expect("it always answers");
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(response.headers().contains_key(header::RETRY_AFTER), "{path}");
        }
        let request = Request::get("/healthz").body(Body::empty()).expect("a request");
        let response = starting().oneshot(request).await.expect("it always answers");
        assert_eq!(response.status(), StatusCode::OK);
    }
}
