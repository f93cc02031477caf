//! HTTP: the only part of the host that knows its shapes.
//!
//! [`router`] is everything a client can ask, [`serve`] how it is reached. Every call has a file of its own under
//! `workflows` and `modules`; `problem` maps refusals to statuses, `payloads` is how values are written, `openapi`
//! what is said of it all.
//!
//! **Invariant:** an answer is JSON, an event stream or metrics, never HTML, and says so with `nosniff`.

mod attributes;
mod body;
mod events;
mod front;
mod health;
mod modules;
mod openapi;
mod paging;
mod params;
mod payloads;
mod problem;
mod schemas;
mod serve;
mod starting;
mod unsupported;
mod workflows;

use std::sync::Arc;

use axum::{Router, routing::get};
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{config::HostConfig, service::Service};

pub use serve::{DRAIN_MAX, serve};
pub(crate) use starting::starting;

/// Where everything of a namespace is.
const NAMESPACE: &str = "/api/v1/namespaces/{namespace}";

/// What the calls share.
#[derive(Clone)]
pub(crate) struct Api {
    service: Arc<Service>,
    module_bytes_max: usize,
}

/// Everything a client can ask of a host that takes modules of the default size.
pub fn router(service: Arc<Service>) -> Router {
    router_with(service, HostConfig::default().module_bytes_max.as_usize())
}

/// Everything a client can ask of a host that takes modules of this size.
pub fn router_with(service: Arc<Service>, module_bytes_max: usize) -> Router {
    let (routes, document) = documented().split_for_parts();
    // The document is the same for every request.
    let document = serde_json::to_vec(&document).map(Bytes::from).unwrap_or_default();
    let routes = routes
        .route("/openapi.json", get(move || async move { openapi::answer(document) }))
        .merge(unsupported::routes())
        .with_state(Api { service, module_bytes_max });
    front::front(routes)
}

/// All documented calls.
fn documented() -> OpenApiRouter<Api> {
    let within = OpenApiRouter::new().merge(workflows::routes()).merge(modules::routes());
    let mut router =
        OpenApiRouter::with_openapi(openapi::skeleton()).merge(health::routes()).nest(NAMESPACE, within);
    openapi::complete(router.get_openapi_mut());
    router
}

/// What is said of all calls, as it stands at `/openapi.json`.
#[must_use]
pub fn openapi() -> OpenApi {
    documented().into_openapi()
}
