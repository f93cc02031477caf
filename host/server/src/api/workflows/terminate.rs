//! `POST /workflows/{id}/terminate`

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, RunParams, checked_reason};
use crate::api::{
    Api,
    body::Json,
    params::{self, Params, Segments},
    payloads,
    problem::Problem,
};

/// An order to stop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TerminateRequest)]
pub(crate) struct TerminateBody {
    /// For people; the history keeps it.
    reason: Option<String>,
}

/// Ends a run at once. The workflow has no say in it.
#[utoipa::path(
    post, path = "/workflows/{id}/terminate", tag = "workflows", operation_id = "terminate_workflow", request_body = TerminateBody, params(RunParams),
    responses((status = 200, description = "It has ended.", body = Done))
)]
pub(crate) async fn terminate(
    State(api): State<Api>,
    Segments((namespace, id)): Segments<(String, String)>,
    Params(params): Params<RunParams>,
    Json(body): Json<TerminateBody>,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    api.service.terminate(&run, checked_reason(body.reason)?).await?;
    Ok(payloads::answer(StatusCode::OK, &Done {}))
}
