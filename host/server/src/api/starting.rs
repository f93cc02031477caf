//! What is answered while the database has not answered the host yet.

use axum::{Router, http::StatusCode, routing::get};

use super::{front, problem::Problem};
use crate::service::ErrorCode;

/// Alive, and not ready: every call may be tried again.
pub(crate) fn starting() -> Router {
    let wait = || async {
        Problem::new(ErrorCode::DatabaseUnavailable, "the database does not answer; the host starts as soon as it does")
    };
    front::front(Router::new().route("/healthz", get(|| async { StatusCode::OK })).fallback(wait))
}
