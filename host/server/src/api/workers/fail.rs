//! `POST /activities/{token}/fail`

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Token, failure::FailureBody};
use crate::api::{
    body::Json, params::Segments, payloads, problem::Problem, testing::TestApi, workflows::Done,
};

/// The failure of an attempt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FailActivityRequest)]
pub(crate) struct FailBody {
    failure: FailureBody,
}

/// Says why an attempt failed.
///
/// The activity's retry policy decides what follows.
#[utoipa::path(
    post, path = "/activities/{token}/fail", tag = "workers", operation_id = "fail_activity",
    params(("token" = String, Path, description = "Of the attempt.")), request_body = FailBody,
    responses((status = 200, description = "It is answered.", body = Done))
)]
pub(crate) async fn fail(
    State(api): State<TestApi>,
    Segments((namespace, token)): Segments<(String, String)>,
    Json(body): Json<FailBody>,
) -> Result<Response, Problem> {
    Token::parse(&namespace, token)?.answer(&api, Err(body.failure.into_failure()))?;
    Ok(payloads::answer(StatusCode::OK, &Done {}))
}
