//! `GET /workflows:count`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::ids::Namespace;
use dalsegno_store::ListPage;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::filter;
use crate::{
    api::{
        Api,
        paging::PAGE_SIZE_MAX,
        params::{self, Params, Segments},
        payloads,
        problem::Problem,
    },
    service::ErrorCode,
};

/// Runs that a filtered count goes through at most.
const COUNTED_RUNS_MAX: u64 = 100_000;

/// Which runs to count.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountParams {
    /// As for listing; all runs if absent.
    query: Option<String>,
}

/// How many runs there are.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowCount)]
pub(crate) struct CountBody {
    count: u64,
}

/// Counts runs.
#[utoipa::path(
    get, path = "/workflows:count", tag = "workflows", operation_id = "count_workflows", params(CountParams),
    responses((status = 200, description = "How many there are.", body = CountBody))
)]
pub(crate) async fn count(
    State(api): State<Api>,
    Segments(namespace): Segments<String>,
    Params(params): Params<CountParams>,
) -> Result<Response, Problem> {
    let namespace = params::namespace(&namespace)?;
    let mut page = ListPage { limit: PAGE_SIZE_MAX, ..ListPage::default() };
    filter::apply(params.query.as_deref().unwrap_or_default(), &mut page)?;
    let filtered = page != ListPage { limit: PAGE_SIZE_MAX, ..ListPage::default() };
    let count =
        if filtered { listed(&api, &namespace, page).await? } else { api.service.count(&namespace).await? };
    Ok(payloads::answer(StatusCode::OK, &CountBody { count }))
}

/// Counts by listing: the store counts all runs only.
async fn listed(api: &Api, namespace: &Namespace, mut page: ListPage) -> Result<u64, Problem> {
    let mut count = 0;
    while count < COUNTED_RUNS_MAX {
        let rows = api.service.list(namespace, &page).await?;
        count += rows.len() as u64;
        match rows.last() {
            Some(last) if rows.len() >= PAGE_SIZE_MAX as usize => {
                page.after = Some((last.start_time, last.key.run_id.clone()));
            }
            _ => return Ok(count),
        }
    }
    let detail = format!(
        "more than {COUNTED_RUNS_MAX} runs match, and this version cannot count so many with a filter"
    );
    Err(Problem::new(ErrorCode::NotSupported, detail))
}
