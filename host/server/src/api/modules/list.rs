//! `GET /modules`

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::ModuleBody;
use crate::api::{
    Api,
    params::{self, Segments},
    payloads,
    problem::Problem,
};

/// Modules, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ModuleList)]
pub(crate) struct ListBody {
    modules: Vec<ModuleBody>,
}

/// Lists modules, the newest first.
#[utoipa::path(
    get, path = "/modules", tag = "modules", operation_id = "list_modules",
    responses((status = 200, description = "All modules of the namespace.", body = ListBody))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Segments(namespace): Segments<String>,
) -> Result<Response, Problem> {
    let modules = api.service.modules(&params::namespace(&namespace)?).await?;
    let body = ListBody { modules: modules.into_iter().map(ModuleBody::from).collect() };
    Ok(payloads::answer(StatusCode::OK, &body))
}
