//! `GET /modules/{digest}`

use axum::{extract::State, http::StatusCode, response::Response};

use super::ModuleBody;
use crate::api::{
    Api,
    params::{self, Segments},
    payloads,
    problem::Problem,
};

/// Tells of a module.
#[utoipa::path(
    get, path = "/modules/{digest}", tag = "modules", operation_id = "describe_module",
    params(("digest" = String, Path, description = "`sha256:` and 64 hexadecimal digits.")),
    responses((status = 200, description = "The module.", body = ModuleBody))
)]
pub(crate) async fn describe(
    State(api): State<Api>,
    Segments((namespace, digest)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    let module = api.service.module(&params::namespace(&namespace)?, &params::digest(&digest)?).await?;
    Ok(payloads::answer(StatusCode::OK, &ModuleBody::from(module)))
}
