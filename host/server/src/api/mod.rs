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
mod testing;
mod unsupported;
mod workers;
mod workflows;

use std::sync::Arc;

use axum::{Router, routing::get};
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use self::testing::TestApi;
use crate::{config::HostConfig, service::Service, testing::Testing};

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
    let routes = with_document(documented(More::default())).merge(unsupported::workers());
    front::front(routes.with_state(Api { service, module_bytes_max }))
}

/// Everything a client can ask of a test host.
pub(crate) fn test_router(service: Arc<Service>, module_bytes_max: usize, testing: Testing) -> Router {
    let calls = TestApi { service: service.clone(), testing: testing.clone() };
    let routes = with_document(documented(testing::more(calls)));
    let routes = routes.with_state(Api { service, module_bytes_max });
    testing::counted(front::front(routes), testing)
}

/// The calls, and the document that tells of them; it is the same for every request.
fn with_document(documented: OpenApiRouter<Api>) -> Router<Api> {
    let (routes, document) = documented.split_for_parts();
    let document = serde_json::to_vec(&document).map(Bytes::from).unwrap_or_default();
    routes
        .route("/openapi.json", get(move || async move { openapi::answer(document) }))
        .merge(unsupported::routes())
}

/// Calls that only some hosts have.
#[derive(Default)]
struct More {
    root: OpenApiRouter<Api>,
    within: OpenApiRouter<Api>,
}

/// All documented calls.
fn documented(more: More) -> OpenApiRouter<Api> {
    let within = OpenApiRouter::new().merge(workflows::routes()).merge(modules::routes()).merge(more.within);
    let mut router = OpenApiRouter::with_openapi(openapi::skeleton())
        .merge(health::routes())
        .merge(more.root)
        .nest(NAMESPACE, within);
    openapi::complete(router.get_openapi_mut());
    router
}

/// What is said of all calls, as it stands at `/openapi.json`.
#[must_use]
pub fn openapi() -> OpenApi {
    documented(More::default()).into_openapi()
}
