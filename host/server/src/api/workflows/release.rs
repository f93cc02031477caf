//! `POST /workflows/{id}/release`

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, RunParams};
use crate::api::{
    Api,
    body::Json,
    params::{self, Params, Segments},
    payloads,
    problem::Problem,
};

/// Nothing is to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseRequest)]
pub(crate) struct ReleaseBody {}

/// Lets a blocked or failing run try again now.
#[utoipa::path(
    post, path = "/workflows/{id}/release", tag = "workflows", operation_id = "release_workflow", request_body = ReleaseBody, params(RunParams),
    responses((status = 202, description = "It is tried again.", body = Done))
)]
pub(crate) async fn release(
    State(api): State<Api>,
    Segments((namespace, id)): Segments<(String, String)>,
    Params(params): Params<RunParams>,
    Json(ReleaseBody {}): Json<ReleaseBody>,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    api.service.release(&run).await?;
    Ok(payloads::answer(StatusCode::ACCEPTED, &Done {}))
}
