//! `POST /activities/{token}/cancel`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{Failure, Payload, failure::FailureKind};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Token;
use crate::api::{
    body::Json, params::Segments, payloads, problem::Problem, schemas, testing::TestApi, workflows::Done,
};

/// The end of an attempt that was told to stop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelActivityRequest)]
pub(crate) struct CancelBody {
    /// What the workflow is to know of it.
    #[schema(value_type = Option<Vec<schemas::Payload>>)]
    details: Option<Vec<Payload>>,
}

/// Says that an attempt has stopped, because it was told to.
#[utoipa::path(
    post, path = "/activities/{token}/cancel", tag = "workers", operation_id = "cancel_activity",
    params(("token" = String, Path, description = "Of the attempt.")), request_body = CancelBody,
    responses((status = 200, description = "It is answered.", body = Done))
)]
pub(crate) async fn cancel(
    State(api): State<TestApi>,
    Segments((namespace, token)): Segments<(String, String)>,
    Json(body): Json<CancelBody>,
) -> Result<Response, Problem> {
    let kind = FailureKind::Cancelled { details: payloads::arguments(body.details)? };
    let cancelled = Failure::new("the activity was cancelled", kind);
    Token::parse(&namespace, token)?.answer(&api, Err(cancelled))?;
    Ok(payloads::answer(StatusCode::OK, &Done {}))
}
