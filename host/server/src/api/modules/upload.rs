//! `POST /modules`

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use dalsegno_engine::Millis;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ModuleBody;
use crate::{
    api::{
        Api, body,
        params::{self, Params, Segments},
        payloads,
        problem::Problem,
    },
    service::{ErrorCode, ModuleStatus, Uploaded},
};

/// How long an upload waits for compiling, unless the client says.
const WAIT_DEFAULT: Duration = Duration::from_secs(10);

/// What to do with the module.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadParams {
    /// How long to wait for compiling: 10 s if absent, at most 60 s.
    #[param(value_type = Option<String>, example = "10s")]
    wait: Option<Millis>,
    /// Whether new runs of its workflow types get it from now on. Otherwise only types that no module had before.
    deploy: Option<bool>,
}

/// Takes a module.
///
/// The same bytes are the same module. Runs that exist keep the module they began with.
#[utoipa::path(
    post, path = "/modules", tag = "modules", operation_id = "upload_module", params(UploadParams),
    request_body(content = Vec<u8>, content_type = "application/wasm", description = "The WebAssembly component."),
    responses(
        (status = 201, description = "It is new, and ready.", body = ModuleBody),
        (status = 200, description = "It was there, and is ready.", body = ModuleBody),
        (status = 202, description = "It is valid, and still being compiled.", body = ModuleBody),
    )
)]
pub(crate) async fn upload(
    State(api): State<Api>,
    Segments(namespace): Segments<String>,
    Params(params): Params<UploadParams>,
    request: Request,
) -> Result<Response, Problem> {
    let namespace = params::namespace(&namespace)?;
    let wait = params::wait(params.wait, WAIT_DEFAULT)?;
    let bytes = body::read(request, api.module_bytes_max).await?;
    if bytes.is_empty() {
        return Err(Problem::new(
            ErrorCode::ModuleRefused,
            "the body is empty: send the bytes of the component",
        ));
    }
    let uploaded = api.service.upload(&namespace, bytes, wait, params.deploy.unwrap_or(false)).await?;
    let status = status(&uploaded)?;
    Ok(payloads::answer(status, &ModuleBody::from(uploaded.module)))
}

fn status(uploaded: &Uploaded) -> Result<StatusCode, Problem> {
    match &uploaded.module.status {
        ModuleStatus::Compiling => Ok(StatusCode::ACCEPTED),
        ModuleStatus::Ready { .. } if uploaded.new => Ok(StatusCode::CREATED),
        ModuleStatus::Ready { .. } => Ok(StatusCode::OK),
        ModuleStatus::Refused(why) => Err(Problem::new(ErrorCode::ModuleRefused, why.clone())),
    }
}
