//! Addresses of the contract that this version has nothing behind yet: a clear word instead of a 404.

use axum::{Router, routing::any};

use super::{Api, problem::Problem};
use crate::service::ErrorCode;

/// Addresses within a namespace, and what is missing.
const MISSING: &[(&str, &str)] = &[
    ("", "managing namespaces; `default` is there"),
    ("/", "managing namespaces; `default` is there"),
    ("/workflows/{id}/reset", "resetting runs"),
    ("/schedules", "schedules"),
    ("/schedules/{*rest}", "schedules"),
    ("/deployments", "managing deployments; upload with `?deploy=true`"),
    ("/deployments/{*rest}", "managing deployments; upload with `?deploy=true`"),
    ("/task-queues/{queue}/activities/poll", "remote workers"),
    ("/activities/{token}/{verb}", "completing activities from elsewhere"),
];

/// Answers all of them with 501.
pub(crate) fn routes() -> Router<Api> {
    let within = MISSING.iter().map(|(path, what)| (format!("{}{path}", super::NAMESPACE), *what));
    let above = [("/api/v1/namespaces".to_owned(), "managing namespaces; `default` is there")];
    within.chain(above).fold(Router::new(), |router, (path, what)| {
        router.route(&path, any(move || async move { missing(what) }))
    })
}

fn missing(what: &str) -> Problem {
    Problem::new(ErrorCode::NotSupported, format!("this version does not support {what}"))
}
