//! What is at the root: whether the host lives and works, its figures, and where the rest is.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, payloads, problem::Problem};
use crate::service::ErrorCode;

/// The text form of OpenMetrics.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// The calls of the root, beside their documentation.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(root))
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
}

/// Where to go from here.
#[derive(Serialize, ToSchema)]
#[schema(as = Root)]
pub(crate) struct RootBody {
    name: &'static str,
    version: &'static str,
    /// The namespace that always exists.
    api: &'static str,
    openapi: &'static str,
    healthz: &'static str,
    readyz: &'static str,
    metrics: &'static str,
}

/// It works.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthBody {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Says where to go.
#[utoipa::path(
    get, path = "/", tag = "host",
    responses((status = 200, description = "Addresses within this host.", body = RootBody))
)]
async fn root() -> Response {
    let body = RootBody {
        name: "dalsegno",
        version: env!("CARGO_PKG_VERSION"),
        api: "/api/v1/namespaces/default",
        openapi: "/openapi.json",
        healthz: "/healthz",
        readyz: "/readyz",
        metrics: "/metrics",
    };
    payloads::answer(StatusCode::OK, &body)
}

/// Says whether the process lives.
#[utoipa::path(
    get, path = "/healthz", tag = "host",
    responses((status = 200, description = "It does.", body = HealthBody))
)]
pub(crate) async fn healthz() -> Response {
    payloads::answer(StatusCode::OK, &HealthBody { status: "ok" })
}

/// Says whether the host takes requests.
#[utoipa::path(
    get, path = "/readyz", tag = "host",
    responses((status = 200, description = "It does; otherwise 503 with the reason.", body = HealthBody))
)]
async fn readyz(State(api): State<Api>) -> Result<Response, Problem> {
    match api.service.not_ready().await {
        None => Ok(payloads::answer(StatusCode::OK, &HealthBody { status: "ok" })),
        Some(why) => Err(Problem::new(ErrorCode::NotReady, why)),
    }
}

/// The host's metrics.
#[utoipa::path(
    get, path = "/metrics", tag = "host",
    responses((
        status = 200, description = "In the text form of OpenMetrics, which Prometheus reads.", body = String,
        content_type = "application/openmetrics-text",
    ))
)]
async fn metrics(State(api): State<Api>) -> Response {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], api.service.metrics().await).into_response()
}
