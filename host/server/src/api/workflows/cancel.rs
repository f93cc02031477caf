//! `POST /workflows/{id}/cancel`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::ids::RequestId;
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

/// A request to stop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelRequest)]
pub(crate) struct CancelBody {
    /// For people; the history keeps it.
    reason: Option<String>,
    /// The client's mark on the request.
    request_id: Option<String>,
}

/// Asks a run to stop.
///
/// The workflow is told once and may clean up. Asking again changes nothing.
#[utoipa::path(
    post, path = "/workflows/{id}/cancel", tag = "workflows", operation_id = "cancel_workflow", request_body = CancelBody, params(RunParams),
    responses((status = 202, description = "The request is in the history.", body = Done))
)]
pub(crate) async fn cancel(
    State(api): State<Api>,
    Segments((namespace, id)): Segments<(String, String)>,
    Params(params): Params<RunParams>,
    Json(body): Json<CancelBody>,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    let request_id = params::optional_id("request_id", body.request_id.as_deref(), RequestId::parse)?;
    api.service.cancel(&run, checked_reason(body.reason)?, request_id).await?;
    Ok(payloads::answer(StatusCode::ACCEPTED, &Done {}))
}
