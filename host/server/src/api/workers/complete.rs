//! `POST /activities/{token}/complete`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::Payload;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Token;
use crate::api::{
    body::Json, params::Segments, payloads, problem::Problem, schemas, testing::TestApi, workflows::Done,
};

/// The result of an attempt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CompleteActivityRequest)]
pub(crate) struct CompleteBody {
    /// Nothing if absent.
    #[schema(value_type = Option<schemas::Payload>)]
    result: Option<Payload>,
}

/// Says what an attempt gave.
#[utoipa::path(
    post, path = "/activities/{token}/complete", tag = "workers", operation_id = "complete_activity",
    params(("token" = String, Path, description = "Of the attempt.")), request_body = CompleteBody,
    responses((status = 200, description = "It is answered.", body = Done))
)]
pub(crate) async fn complete(
    State(api): State<TestApi>,
    Segments((namespace, token)): Segments<(String, String)>,
    Json(body): Json<CompleteBody>,
) -> Result<Response, Problem> {
    payloads::check_size("result", &body.result)?;
    Token::parse(&namespace, token)?.answer(&api, Ok(body.result))?;
    Ok(payloads::answer(StatusCode::OK, &Done {}))
}
