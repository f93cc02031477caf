//! `GET /workflows`

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{
    Payload, Timestamp,
    ids::{ModuleDigest, RunId, WorkflowId, WorkflowType},
    state::Status,
    trouble::Blocked,
};
use dalsegno_store::{ListPage, RunRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::filter;
use crate::api::{
    Api, attributes,
    paging::{self, PageToken},
    params::{self, Params, Segments},
    payloads::{self, HasPayloads, PayloadForm},
    problem::Problem,
    schemas,
};

/// What of a list is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Which runs: `Field = 'value'`, joined by `AND`, over `WorkflowId`, `WorkflowType`, `ExecutionStatus` and
    /// `Blocked` (`'true'`).
    #[param(example = "ExecutionStatus = 'failed'")]
    query: Option<String>,
    /// Runs of a page at most: 100 if absent, up to 1,000.
    #[param(minimum = 1, maximum = 1000)]
    page_size: Option<u32>,
    /// Of the page before.
    page_token: Option<String>,
    /// How payloads are written.
    #[param(inline)]
    payloads: Option<PayloadForm>,
}

/// Runs, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowList)]
pub(crate) struct ListBody {
    workflows: Vec<RunBody>,
    /// For the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// One run of a list.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowSummary)]
pub(crate) struct RunBody {
    #[schema(value_type = String)]
    workflow_id: WorkflowId,
    #[schema(value_type = String)]
    run_id: RunId,
    #[schema(value_type = String)]
    workflow_type: WorkflowType,
    /// The digest of the module its code is in.
    #[schema(value_type = String)]
    module: ModuleDigest,
    #[schema(value_type = schemas::Status)]
    status: Status,
    #[schema(value_type = String, format = DateTime)]
    start_time: Timestamp,
    /// Absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    close_time: Option<Timestamp>,
    /// Present if it is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Blocked>)]
    blocked: Option<Blocked>,
    #[schema(value_type = schemas::Payloads)]
    memo: BTreeMap<String, Payload>,
    #[schema(value_type = schemas::SearchAttributes)]
    search_attributes: BTreeMap<String, Value>,
}

/// Lists runs, the newest first.
#[utoipa::path(
    get, path = "/workflows", tag = "workflows", operation_id = "list_workflows", params(ListParams),
    responses((status = 200, description = "A page of runs.", body = ListBody))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Segments(namespace): Segments<String>,
    Params(params): Params<ListParams>,
) -> Result<Response, Problem> {
    let namespace = params::namespace(&namespace)?;
    let size = paging::page_size(params.page_size)?;
    let after = PageToken::runs(params.page_token.as_deref())?;
    // One more than wanted tells whether there is a next page.
    let mut page = ListPage { after, limit: size + 1, ..ListPage::default() };
    filter::apply(params.query.as_deref().unwrap_or_default(), &mut page)?;
    let rows = api.service.list(&namespace, &page).await?;
    let form = params.payloads.unwrap_or_default();
    Ok(payloads::answer_as(form, StatusCode::OK, &mut body(rows, size)))
}

fn body(mut rows: Vec<RunRow>, size: u32) -> ListBody {
    let size = size as usize;
    let more = rows.len() > size;
    rows.truncate(size);
    let last = rows.last().filter(|_| more);
    let next_page_token = last.map(|last| PageToken::Runs(last.start_time, last.key.run_id.clone()).encode());
    ListBody { workflows: rows.into_iter().map(RunBody::from).collect(), next_page_token }
}

impl From<RunRow> for RunBody {
    fn from(row: RunRow) -> Self {
        Self {
            workflow_id: row.key.workflow_id,
            run_id: row.key.run_id,
            workflow_type: row.workflow_type,
            module: row.module,
            status: row.status,
            start_time: row.start_time,
            close_time: row.close_time,
            blocked: row.blocked,
            memo: row.attributes.memo,
            search_attributes: attributes::write(&row.attributes.search_attributes),
        }
    }
}

impl HasPayloads for ListBody {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        self.workflows.iter_mut().flat_map(|run| run.memo.values_mut()).for_each(visit);
    }
}

#[cfg(test)]
mod tests {
    use dalsegno_engine::ids::Namespace;
    use dalsegno_store::RunKey;

    use super::*;

    fn row(number: u64) -> RunRow {
        RunRow {
            key: RunKey {
                namespace: Namespace::new("default"),
                workflow_id: WorkflowId::new(format!("w{number}")),
                run_id: RunId::new(format!("r{number}")),
            },
            workflow_type: WorkflowType::new("order"),
            module: ModuleDigest::new("sha256:0"),
            status: Status::Running,
            start_time: Timestamp::from_micros(number),
            close_time: None,
            wake_at: None,
            blocked: None,
            request_id: None,
            attributes: dalsegno_store::Attributes::default(),
        }
    }

    #[test]
    fn the_last_page_has_no_token() {
        assert!(body(vec![], 2).next_page_token.is_none());
        assert!(body(vec![row(2), row(1)], 2).next_page_token.is_none());
    }

    #[test]
    fn a_token_names_the_last_run_of_its_page() {
        let page = body(vec![row(3), row(2), row(1)], 2);
        assert_eq!(page.workflows.len(), 2);
        let after = PageToken::runs(page.next_page_token.as_deref()).expect("it is a token");
        assert_eq!(after, Some((Timestamp::from_micros(2), RunId::new("r2"))));
    }

    #[test]
    fn an_open_run_has_no_close_time() {
        let json = serde_json::to_value(RunBody::from(row(1))).expect("plain data");
        assert_eq!(json["status"], "running");
        assert!(json.get("close_time").is_none() && json.get("blocked").is_none());
    }
}
