//! `POST /workflows/{id}/signals/{name}`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{Payload, ids::RequestId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, RunParams, handler_name};
use crate::{
    api::{
        Api,
        body::Json,
        params::{self, Params, Segments},
        payloads::{self, PayloadMap},
        problem::Problem,
        schemas,
    },
    service::SignalRequest,
};

/// A message to a run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignalRequest)]
pub(crate) struct SignalBody {
    /// The arguments.
    #[schema(value_type = Option<Vec<schemas::Payload>>)]
    input: Option<Vec<Payload>>,
    /// The client's mark on the request: a run takes a signal of the same mark once.
    request_id: Option<String>,
    /// Context.
    #[schema(value_type = Option<schemas::Payloads>)]
    headers: Option<PayloadMap>,
}

/// Sends a signal.
///
/// The answer comes when the signal is in the run's history; a handler may get it later.
#[utoipa::path(
    post, path = "/workflows/{id}/signals/{name}", tag = "workflows", operation_id = "signal_workflow", request_body = SignalBody,
    params(RunParams, ("name" = String, Path, description = "The signal's name.")),
    responses((status = 202, description = "It is in the history.", body = Done))
)]
pub(crate) async fn signal(
    State(api): State<Api>,
    Segments((namespace, id, name)): Segments<(String, String, String)>,
    Params(params): Params<RunParams>,
    Json(body): Json<SignalBody>,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    let request = SignalRequest {
        name: handler_name("signal", name)?,
        input: payloads::arguments(body.input)?,
        headers: payloads::headers(body.headers)?,
        request_id: params::optional_id("request_id", body.request_id.as_deref(), RequestId::parse)?,
    };
    api.service.signal(&run, request).await?;
    Ok(payloads::answer(StatusCode::ACCEPTED, &Done {}))
}
