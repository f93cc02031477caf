//! `POST /workflows/{id}/queries/{name}`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::Payload;
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
    service::{QueryReject, QueryRequest},
};

/// Which run to ask, and how to write what it says.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueryParams {
    /// The newest run if absent.
    run_id: Option<String>,
    /// How payloads are written.
    #[param(inline)]
    payloads: Option<PayloadForm>,
}

/// A question to a run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QueryRequest)]
pub(crate) struct QueryBody {
    /// The arguments.
    #[schema(value_type = Option<Vec<schemas::Payload>>)]
    input: Option<Vec<Payload>>,
    /// Context.
    #[schema(value_type = Option<schemas::Payloads>)]
    headers: Option<PayloadMap>,
    /// Which runs are not asked.
    #[schema(value_type = Option<RejectCondition>)]
    reject_condition: Option<RejectCondition>,
}

/// Which runs are not asked.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QueryRejectCondition)]
pub(crate) enum RejectCondition {
    /// All are asked.
    #[default]
    None,
    /// Closed ones are not.
    NotOpen,
    /// Closed ones are not, unless they completed.
    NotCompletedCleanly,
}

/// The answer of a run.
#[derive(Serialize, ToSchema)]
#[schema(as = QueryResult)]
pub(crate) struct AnswerBody {
    #[schema(value_type = schemas::Payload)]
    result: Payload,
}

/// Asks a query.
///
/// Open and closed runs answer alike, from their durable state, which a query cannot change. Every workflow has
/// `__stack_trace` (what it waits for) and `__metadata` (its handlers).
#[utoipa::path(
    post, path = "/workflows/{id}/queries/{name}", tag = "workflows", operation_id = "query_workflow", request_body = QueryBody,
    params(QueryParams, ("name" = String, Path, description = "The query's name.")),
    responses((status = 200, description = "What the handler returned.", body = AnswerBody))
)]
pub(crate) async fn query(
    State(api): State<Api>,
    Segments((namespace, id, name)): Segments<(String, String, String)>,
    Params(params): Params<QueryParams>,
    Json(body): Json<QueryBody>,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    let request = QueryRequest {
        name: handler_name("query", name)?,
        input: payloads::arguments(body.input)?,
        headers: payloads::headers(body.headers)?,
        reject: body.reject_condition.unwrap_or_default().into(),
    };
    let result = api.service.query(&run, request).await?;
    Ok(payloads::answer_as(params.payloads.unwrap_or_default(), StatusCode::OK, &mut AnswerBody { result }))
}

impl From<RejectCondition> for QueryReject {
    fn from(condition: RejectCondition) -> Self {
        match condition {
            RejectCondition::None => Self::None,
            RejectCondition::NotOpen => Self::NotOpen,
            RejectCondition::NotCompletedCleanly => Self::NotCompletedCleanly,
        }
    }
}

impl HasPayloads for AnswerBody {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        visit(&mut self.result);
    }
}
