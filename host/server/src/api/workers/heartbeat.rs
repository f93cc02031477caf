//! `POST /activities/{token}/heartbeat`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::Payload;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Token;
use crate::api::{body::Json, params::Segments, payloads, problem::Problem, schemas, testing::TestApi};

/// A sign of life.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HeartbeatRequest)]
pub(crate) struct HeartbeatBody {
    /// What a next attempt is to know.
    #[schema(value_type = Option<Vec<schemas::Payload>>)]
    details: Option<Vec<Payload>>,
}

/// What an attempt is to know.
#[derive(Serialize, ToSchema)]
#[schema(as = Heartbeat)]
pub(crate) struct ToldBody {
    /// Whether it is to stop.
    cancel_requested: bool,
}

/// Shows that an attempt is alive, and asks whether it is to stop.
#[utoipa::path(
    post, path = "/activities/{token}/heartbeat", tag = "workers", operation_id = "heartbeat_activity",
    params(("token" = String, Path, description = "Of the attempt.")), request_body = HeartbeatBody,
    responses((status = 200, description = "It may go on, or is to stop.", body = ToldBody))
)]
pub(crate) async fn heartbeat(
    State(api): State<TestApi>,
    Segments((namespace, token)): Segments<(String, String)>,
    Json(body): Json<HeartbeatBody>,
) -> Result<Response, Problem> {
    let details = payloads::arguments(body.details)?;
    let cancel_requested = Token::parse(&namespace, token)?.heartbeat(&api, details)?;
    Ok(payloads::answer(StatusCode::OK, &ToldBody { cancel_requested }))
}
