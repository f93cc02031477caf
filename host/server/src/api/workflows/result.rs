//! `GET /workflows/{id}/result`

use std::time::Duration;

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{Failure, Millis, Payload, Status, ids::RunId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Api,
        params::{self, Params, Segments},
        payloads::{self, HasPayloads, PayloadForm},
        problem::Problem,
        schemas,
        serve::Draining,
    },
    service::{ResultRequest, RunResult},
};

/// Which result, and how long to wait for it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultParams {
    /// The newest run if absent.
    run_id: Option<String>,
    /// How long to wait for the end: `30s`, at most 60 s; without it the answer comes at once.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Millis>,
    /// Whether to go on with the run that follows, if it continues as new or is tried again: yes, unless `false`.
    follow: Option<bool>,
    /// How payloads are written.
    #[param(inline)]
    payloads: Option<PayloadForm>,
}

/// How a run ended.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowResult)]
pub(crate) struct ResultBody {
    #[schema(value_type = schemas::Status)]
    status: Status,
    #[schema(value_type = String)]
    run_id: RunId,
    /// What the workflow returned; present if `completed`, `null` if it returned nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schemas::Payload, required = false)]
    result: Option<Option<Payload>>,
    /// Why it has no result; present if it ended otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Failure>)]
    failure: Option<Failure>,
    /// The run that follows it, if it continued as new or is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    new_run_id: Option<RunId>,
}

/// Tells how a run ended, waiting for the end if there is time.
#[utoipa::path(
    get, path = "/workflows/{id}/result", tag = "workflows", operation_id = "read_result", params(ResultParams),
    responses(
        (status = 200, description = "It has ended.", body = ResultBody),
        (status = 202, description = "It is still running.", body = ResultBody),
    )
)]
pub(crate) async fn result(
    State(api): State<Api>,
    Segments((namespace, id)): Segments<(String, String)>,
    Params(params): Params<ResultParams>,
    draining: Draining,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    let wait = params::wait(params.wait, Duration::ZERO)?;
    let follow = params.follow.unwrap_or(true);
    let result = if wait.is_zero() {
        api.service.result(&run, ResultRequest { wait, follow }).await?
    } else {
        let now = ResultRequest { wait: Duration::ZERO, follow };
        // A host that stops tells those who wait that they have to ask again.
        tokio::select! {
            result = api.service.result(&run, ResultRequest { wait, follow }) => result?,
            () = draining.begun() => api.service.result(&run, now).await?,
        }
    };
    let status = if result.outcome.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(payloads::answer_as(params.payloads.unwrap_or_default(), status, &mut ResultBody::from(result)))
}

impl From<RunResult> for ResultBody {
    fn from(result: RunResult) -> Self {
        let (returned, failure) = match result.outcome {
            None => (None, None),
            Some(Ok(_)) if result.status == Status::ContinuedAsNew => (None, None),
            Some(Ok(payload)) => (Some(payload), None),
            Some(Err(failure)) => (None, Some(failure)),
        };
        let new_run_id = result.new_run_id;
        Self { status: result.status, run_id: result.run_id, result: returned, failure, new_run_id }
    }
}

impl HasPayloads for ResultBody {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        payloads::visit_outcome(&mut self.result, &mut self.failure, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(status: Status, outcome: Option<Result<Option<Payload>, Failure>>) -> String {
        let new_run_id = (status == Status::ContinuedAsNew).then(|| RunId::new("s"));
        let result = RunResult { run_id: RunId::new("r"), status, outcome, new_run_id };
        serde_json::to_string(&ResultBody::from(result)).expect("plain data")
    }

    #[test]
    fn a_result_is_there_exactly_if_the_run_completed() {
        assert_eq!(text(Status::Running, None), r#"{"status":"running","run_id":"r"}"#);
        let nothing = text(Status::Completed, Some(Ok(None)));
        assert_eq!(nothing, r#"{"status":"completed","run_id":"r","result":null}"#);
        let value = text(Status::Completed, Some(Ok(Some(Payload::json("{ \"a\": 1 }")))));
        assert_eq!(value, r#"{"status":"completed","run_id":"r","result":{ "a": 1 }}"#);
        let continued = text(Status::ContinuedAsNew, Some(Ok(None)));
        assert_eq!(continued, r#"{"status":"continued_as_new","run_id":"r","new_run_id":"s"}"#);
        let failed = text(Status::Failed, Some(Err(Failure::application("Declined", "no money"))));
        assert!(
            failed.contains(r#""failure":{"message":"no money""#) && !failed.contains("result"),
            "{failed}"
        );
    }
}
