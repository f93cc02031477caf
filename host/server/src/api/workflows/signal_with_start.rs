//! `POST /workflows:signal-with-start`

use axum::{extract::State, response::Response};
use dalsegno_engine::{Payload, ids::RequestId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    handler_name,
    start::{self, StartedBody},
    with_start::{With, WithStart},
};
use crate::{
    api::{
        Api,
        body::Json,
        params::{self, Segments},
        payloads::{self, PayloadMap},
        problem::Problem,
        schemas,
    },
    service::{IdConflictPolicy, SignalRequest},
};

/// A signal, and the workflow to start if it is not open. An open one is signalled, unless `id_conflict_policy` says
/// otherwise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignalWithStartRequest)]
pub(crate) struct SignalPart {
    /// The handler.
    #[schema(example = "item_added")]
    signal_name: String,
    /// The arguments of the signal.
    #[schema(value_type = Option<Vec<schemas::Payload>>)]
    signal_input: Option<Vec<Payload>>,
    /// The client's mark on the signal; `request_id` if absent.
    signal_request_id: Option<String>,
    /// Context of the signal.
    #[schema(value_type = Option<schemas::Payloads>)]
    signal_headers: Option<PayloadMap>,
}

/// The whole body.
pub(crate) type SignalWithStartBody = WithStart<SignalPart>;

impl With for SignalPart {
    const FIELDS: &[&str] = &["signal_name", "signal_input", "signal_request_id", "signal_headers"];
}

/// Sends a signal to a workflow, which is started with it if it is not open: both in one step.
#[utoipa::path(
    post, path = "/workflows:signal-with-start", tag = "workflows", operation_id = "signal_with_start",
    request_body = SignalWithStartBody,
    responses(
        (status = 201, description = "It has started, with the signal.", body = StartedBody),
        (status = 200, description = "It was open, and the signal is in its history.", body = StartedBody),
    )
)]
pub(crate) async fn signal_with_start(
    State(api): State<Api>,
    Segments(namespace): Segments<String>,
    Json(body): Json<SignalWithStartBody>,
) -> Result<Response, Problem> {
    let WithStart { start, with } = body;
    let start = start::request(&namespace, start, IdConflictPolicy::UseExisting)?;
    let signal = SignalRequest {
        name: handler_name("signal", with.signal_name)?,
        input: payloads::arguments(with.signal_input)?,
        headers: payloads::headers(with.signal_headers)?,
        request_id: params::optional_id(
            "signal_request_id",
            with.signal_request_id.as_deref(),
            RequestId::parse,
        )?,
    };
    Ok(start::answer(api.service.signal_with_start(start, signal).await?))
}
