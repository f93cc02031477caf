//! Workflows: one file for each call.

mod cancel;
mod count;
mod describe;
mod filter;
mod follow;
mod history;
mod list;
mod query;
mod release;
mod result;
mod signal;
mod signal_with_start;
mod start;
mod terminate;
mod update;
mod update_with_start;
mod with_start;

use dalsegno_engine::ids::check_id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, problem::Problem};

#[cfg(test)]
pub(crate) use history::events_written_out;

/// A reason at most, in bytes.
const REASON_BYTES_MAX: usize = 64 << 10;

/// Every call of workflows, beside its documentation.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list, start::start))
        .routes(routes!(count::count))
        .routes(routes!(describe::describe))
        .routes(routes!(history::history))
        .routes(routes!(result::result))
        .routes(routes!(signal::signal))
        .routes(routes!(signal_with_start::signal_with_start))
        .routes(routes!(update::update, update::result))
        .routes(routes!(update_with_start::update_with_start))
        .routes(routes!(query::query))
        .routes(routes!(cancel::cancel))
        .routes(routes!(terminate::terminate))
        .routes(routes!(release::release))
}

/// Which run of a workflow.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunParams {
    /// The newest run if absent.
    run_id: Option<String>,
}

/// Nothing more is to be said.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {}

/// The name of a handler, as it stands in the path.
fn handler_name(kind: &str, name: String) -> Result<String, Problem> {
    match check_id(&name) {
        Ok(()) => Ok(name),
        Err(problem) => Err(Problem::invalid(format!("the name of the {kind} {problem}"))),
    }
}

/// A reason for people, which the history keeps.
fn checked_reason(reason: Option<String>) -> Result<String, Problem> {
    let reason = reason.unwrap_or_default();
    if reason.len() > REASON_BYTES_MAX {
        let (bytes, max) = (reason.len(), REASON_BYTES_MAX);
        return Err(Problem::invalid(format!("reason has {bytes} bytes; at most {max} are taken")));
    }
    Ok(reason)
}
