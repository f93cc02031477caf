//! `POST /workflows/{id}/updates/{name}`, `GET /workflows/{id}/updates/{update_id}`

use std::time::Duration;

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{
    Failure, Millis, Payload,
    event::UpdateOutcome,
    ids::{RunId, check_id},
    payload::BINARY_NULL,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::handler_name;
use crate::{
    api::{
        Api,
        body::Json,
        params::{self, Params, Segments},
        payloads::{self, HasPayloads, PayloadForm, PayloadMap},
        problem::Problem,
        schemas,
    },
    service::{UpdateRequest, UpdateStage, UpdateStatus, UpdateWait, Updated},
};

/// How long an update is waited for if the client does not say.
pub(super) const WAIT_DEFAULT: Duration = Duration::from_secs(30);

/// Which run to call, how long to wait, and how to write what it says.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UpdateParams {
    /// The newest run if absent.
    run_id: Option<String>,
    /// How long to wait for the outcome: 30 s if absent, at most 60 s.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Millis>,
    /// How payloads are written.
    #[param(inline)]
    payloads: Option<PayloadForm>,
}

/// A call of an update handler.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UpdateRequest)]
pub(crate) struct UpdateBody {
    /// The arguments.
    #[schema(value_type = Option<Vec<schemas::Payload>>)]
    input: Option<Vec<Payload>>,
    /// What the update will be known by; made by the host if absent. A workflow id takes an update of the same id
    /// once, also across continue-as-new: sent again, it has the same outcome.
    #[schema(min_length = 1, max_length = 255)]
    update_id: Option<String>,
    /// What to wait for: `completed` if absent.
    #[schema(value_type = Option<Stage>)]
    wait_for: Option<Stage>,
    /// Context.
    #[schema(value_type = Option<schemas::Payloads>)]
    headers: Option<PayloadMap>,
}

/// How far an update is to come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UpdateStage)]
pub(crate) enum Stage {
    /// It is in the history.
    Accepted,
    /// It has its outcome.
    #[default]
    Completed,
}

/// Which update, and how long to wait for what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UpdateResultParams {
    /// The newest run if absent.
    run_id: Option<String>,
    /// How long to wait: `30s`, at most 60 s; without it the answer comes at once.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Millis>,
    /// What to wait for: `completed` if absent.
    #[param(inline)]
    stage: Option<Stage>,
    /// How payloads are written.
    #[param(inline)]
    payloads: Option<PayloadForm>,
}

/// What became of an update.
#[derive(Serialize, ToSchema)]
#[schema(as = UpdateResult)]
pub(crate) struct UpdatedBody {
    /// As given or made.
    update_id: String,
    /// The run that decided; absent if none was started for an update that was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    run_id: Option<RunId>,
    status: StatusBody,
    /// What the handler returned, `null` if nothing; present if it `completed` without a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schemas::Payload, required = false)]
    result: Option<Option<Payload>>,
    /// What the handler raised if it `completed`, or the validator if it was `rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Failure>)]
    failure: Option<Failure>,
}

/// Where an update stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UpdateStatus)]
pub(crate) enum StatusBody {
    /// It is in the history.
    Accepted,
    /// It has its outcome.
    Completed,
    /// The validator did not let it pass; there is no trace of it.
    Rejected,
}

/// Calls an update handler.
///
/// The workflow's validator may reject the update, which leaves no trace then. An accepted one is in the history
/// before the answer comes.
#[utoipa::path(
    post, path = "/workflows/{id}/updates/{name}", tag = "workflows", operation_id = "update_workflow",
    request_body = UpdateBody,
    params(UpdateParams, ("name" = String, Path, description = "The update's name.")),
    responses(
        (status = 200, description = "It came as far as was asked, or was rejected.", body = UpdatedBody),
        (status = 202, description = "It is accepted, and has no outcome yet.", body = UpdatedBody),
    )
)]
pub(crate) async fn update(
    State(api): State<Api>,
    Segments((namespace, id, name)): Segments<(String, String, String)>,
    Params(params): Params<UpdateParams>,
    Json(body): Json<UpdateBody>,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    let wait = wait(body.wait_for, params.wait, WAIT_DEFAULT)?;
    let request = UpdateRequest {
        update_id: body.update_id.map(update_id).transpose()?,
        name: handler_name("update", name)?,
        input: payloads::arguments(body.input)?,
        headers: payloads::headers(body.headers)?,
        wait,
    };
    let updated = api.service.update(&run, request).await?;
    Ok(answer(updated, wait.stage, params.payloads))
}

/// Tells what became of an update, waiting for its outcome if there is time.
#[utoipa::path(
    get, path = "/workflows/{id}/updates/{name}", tag = "workflows", operation_id = "read_update",
    params(UpdateResultParams, ("name" = String, Path, description = "The id of the update.")),
    responses(
        (status = 200, description = "It came as far as was asked.", body = UpdatedBody),
        (status = 202, description = "It has no outcome yet.", body = UpdatedBody),
    )
)]
pub(crate) async fn result(
    State(api): State<Api>,
    Segments((namespace, id, name)): Segments<(String, String, String)>,
    Params(params): Params<UpdateResultParams>,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    let wait = wait(params.stage, params.wait, Duration::ZERO)?;
    let updated = api.service.update_result(&run, &update_id(name)?, wait).await?;
    Ok(answer(updated, wait.stage, params.payloads))
}

fn answer(updated: Updated, wanted: UpdateStage, form: Option<PayloadForm>) -> Response {
    let status = status(&updated.status, wanted);
    payloads::answer_as(form.unwrap_or_default(), status, &mut UpdatedBody::from(updated))
}

/// Whether the update came as far as was asked.
pub(super) fn status(status: &UpdateStatus, wanted: UpdateStage) -> StatusCode {
    match (status, wanted) {
        (UpdateStatus::Accepted, UpdateStage::Completed) => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    }
}

/// How far to wait, and how long.
pub(super) fn wait(
    stage: Option<Stage>,
    time: Option<Millis>,
    default: Duration,
) -> Result<UpdateWait, Problem> {
    let stage = match stage.unwrap_or_default() {
        Stage::Accepted => UpdateStage::Accepted,
        Stage::Completed => UpdateStage::Completed,
    };
    Ok(UpdateWait { stage, time: params::wait(time, default)? })
}

/// The id of an update, which a path has to carry.
pub(super) fn update_id(text: String) -> Result<String, Problem> {
    match check_id(&text) {
        Ok(()) => Ok(text),
        Err(problem) => Err(Problem::invalid(format!("update_id {problem}"))),
    }
}

impl From<Updated> for UpdatedBody {
    fn from(updated: Updated) -> Self {
        let (status, result, failure) = match updated.status {
            UpdateStatus::Accepted => (StatusBody::Accepted, None, None),
            UpdateStatus::Completed(UpdateOutcome::Completed(result)) => {
                let result = Some(result).filter(|result| result.encoding() != Some(BINARY_NULL));
                (StatusBody::Completed, Some(result), None)
            }
            UpdateStatus::Completed(UpdateOutcome::Failed(failure)) => {
                (StatusBody::Completed, None, Some(failure))
            }
            UpdateStatus::Rejected(failure) => (StatusBody::Rejected, None, Some(failure)),
        };
        Self { update_id: updated.update_id, run_id: updated.run_id, status, result, failure }
    }
}

impl HasPayloads for UpdatedBody {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        payloads::visit_outcome(&mut self.result, &mut self.failure, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(status: UpdateStatus) -> String {
        let updated = Updated { update_id: "u".to_owned(), run_id: Some(RunId::new("r")), status };
        serde_json::to_string(&UpdatedBody::from(updated)).expect("plain data")
    }

    #[test]
    fn an_update_is_told_by_its_status() {
        assert_eq!(text(UpdateStatus::Accepted), r#"{"update_id":"u","run_id":"r","status":"accepted"}"#);
        let completed = |result| text(UpdateStatus::Completed(UpdateOutcome::Completed(result)));
        assert_eq!(
            completed(Payload::json("{ \"a\": 1 }")),
            r#"{"update_id":"u","run_id":"r","status":"completed","result":{ "a": 1 }}"#
        );
        let nothing = completed(Payload::encoded(BINARY_NULL, ""));
        assert_eq!(nothing, r#"{"update_id":"u","run_id":"r","status":"completed","result":null}"#);
        let failure = || Failure::application("Full", "no room");
        let failed = text(UpdateStatus::Completed(UpdateOutcome::Failed(failure())));
        assert!(failed.contains(r#""status":"completed","failure":{"message":"no room""#), "{failed}");
        let rejected = text(UpdateStatus::Rejected(failure()));
        assert!(rejected.contains(r#""status":"rejected","failure":{"message":"no room""#), "{rejected}");
    }

    #[test]
    fn only_an_outcome_that_is_waited_for_and_absent_is_unfinished() {
        let rejected = UpdateStatus::Rejected(Failure::application("Full", "no room"));
        assert_eq!(status(&UpdateStatus::Accepted, UpdateStage::Completed), StatusCode::ACCEPTED);
        assert_eq!(status(&UpdateStatus::Accepted, UpdateStage::Accepted), StatusCode::OK);
        assert_eq!(status(&rejected, UpdateStage::Completed), StatusCode::OK);
    }
}
