//! `POST /workflows:update-with-start`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{Millis, Payload, ids::WorkflowId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    handler_name, start,
    update::{self, Stage, UpdatedBody},
    with_start::{With, WithStart},
};
use crate::{
    api::{
        Api,
        body::Json,
        params::{Params, Segments},
        payloads::{self, HasPayloads, PayloadForm, PayloadMap},
        problem::Problem,
        schemas,
    },
    service::{IdConflictPolicy, UpdateRequest, UpdatedWithStart},
};

/// How long to wait, and how to write what comes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UpdateWithStartParams {
    /// How long to wait for the outcome: 30 s if absent, at most 60 s.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Millis>,
    /// How payloads are written.
    #[param(inline)]
    payloads: Option<PayloadForm>,
}

/// A call of an update handler, and the workflow to start if it is not open. An open one is called, unless
/// `id_conflict_policy` says otherwise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UpdateWithStartRequest)]
pub(crate) struct UpdatePart {
    /// The handler.
    #[schema(example = "add_item")]
    update_name: String,
    /// The arguments of the update.
    #[schema(value_type = Option<Vec<schemas::Payload>>)]
    update_input: Option<Vec<Payload>>,
    /// What the update will be known by; `request_id` if absent, else made by the host.
    update_id: Option<String>,
    /// What to wait for: `completed` if absent.
    #[schema(value_type = Option<Stage>)]
    wait_for: Option<Stage>,
    /// Context of the update.
    #[schema(value_type = Option<schemas::Payloads>)]
    update_headers: Option<PayloadMap>,
}

/// The whole body.
pub(crate) type UpdateWithStartBody = WithStart<UpdatePart>;

impl With for UpdatePart {
    const FIELDS: &[&str] = &["update_name", "update_input", "update_id", "wait_for", "update_headers"];
}

/// What became of an update and its workflow.
#[derive(Serialize, ToSchema)]
#[schema(as = UpdateWithStartResult)]
pub(crate) struct UpdatedWithStartBody {
    /// As given or made.
    #[schema(value_type = String)]
    workflow_id: WorkflowId,
    /// Whether the run began with the update.
    started: bool,
    #[serde(flatten)]
    update: UpdatedBody,
}

/// Calls an update handler of a workflow, which is started with it if it is not open: both in one step.
///
/// If the validator rejects the update, nothing is started.
#[utoipa::path(
    post, path = "/workflows:update-with-start", tag = "workflows", operation_id = "update_with_start",
    request_body = UpdateWithStartBody, params(UpdateWithStartParams),
    responses(
        (status = 201, description = "It has started, and the update came as far as was asked.", body = UpdatedWithStartBody),
        (status = 200, description = "It was open, and the update came as far as was asked; or the update was rejected.", body = UpdatedWithStartBody),
        (status = 202, description = "The update is accepted, and has no outcome yet.", body = UpdatedWithStartBody),
    )
)]
pub(crate) async fn update_with_start(
    State(api): State<Api>,
    Segments(namespace): Segments<String>,
    Params(params): Params<UpdateWithStartParams>,
    Json(body): Json<UpdateWithStartBody>,
) -> Result<Response, Problem> {
    let WithStart { start, with } = body;
    let start = start::request(&namespace, start, IdConflictPolicy::UseExisting)?;
    let wait = update::wait(with.wait_for, params.wait, update::WAIT_DEFAULT)?;
    let request = UpdateRequest {
        update_id: with.update_id.map(update::update_id).transpose()?,
        name: handler_name("update", with.update_name)?,
        input: payloads::arguments(with.update_input)?,
        headers: payloads::headers(with.update_headers)?,
        wait,
    };
    let UpdatedWithStart { workflow_id, new: started, update } =
        api.service.update_with_start(start, request).await?;
    let status = match update::status(&update.status, wait.stage) {
        StatusCode::OK if started => StatusCode::CREATED,
        status => status,
    };
    let mut body = UpdatedWithStartBody { workflow_id, started, update: update.into() };
    Ok(payloads::answer_as(params.payloads.unwrap_or_default(), status, &mut body))
}

impl HasPayloads for UpdatedWithStartBody {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        self.update.for_each_payload_mut(visit);
    }
}
