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
];

/// Those that only a test host has.
const WORKERS: &[(&str, &str)] = &[
    ("/task-queues/{queue}/activities/poll", "remote workers"),
    ("/activities/{token}/{verb}", "completing activities from elsewhere"),
];

/// Answers with 501 what no host has.
pub(crate) fn routes() -> Router<Api> {
    let above = "managing namespaces; `default` is there";
    answering(MISSING).route("/api/v1/namespaces", any(move || async move { missing(above) }))
}

/// Answers the calls of workers with 501.
pub(crate) fn workers() -> Router<Api> {
    answering(WORKERS)
}

fn answering(calls: &'static [(&'static str, &'static str)]) -> Router<Api> {
    calls.iter().fold(Router::new(), |router, (path, what)| {
        let path = format!("{}{path}", super::NAMESPACE);
        router.route(&path, any(move || async move { missing(what) }))
    })
}

fn missing(what: &str) -> Problem {
    Problem::new(ErrorCode::NotSupported, format!("this version does not support {what}"))
}
