//! Calls that only a test host has: time, answers that stand in for activities, and the worker protocol.

mod poll;
mod stand_ins;
mod time;

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
};
use utoipa::openapi::tag::TagBuilder;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{More, workers};
use crate::{service::Service, testing::Testing};

/// What the calls of a test host share.
#[derive(Clone)]
pub(crate) struct TestApi {
    pub(crate) service: Arc<Service>,
    pub(crate) testing: Testing,
}

/// All of them.
pub(super) fn more(api: TestApi) -> More {
    let (root, within) = (routes(), workers::routes());
    let mut root: OpenApiRouter<_> = root.with_state(api.clone());
    let tag = |name: &str, text: &str| TagBuilder::new().name(name).description(Some(text)).build();
    root.get_openapi_mut().tags = Some(vec![
        tag("workers", "Making attempts of activities elsewhere. Only test hosts have these calls."),
        tag("testing", "Skipping time, and standing in for activities. Only test hosts have these calls."),
    ]);
    More { root, within: within.with_state(api) }
}

fn routes() -> OpenApiRouter<TestApi> {
    OpenApiRouter::new()
        .routes(routes!(time::time))
        .routes(routes!(time::lock))
        .routes(routes!(time::unlock))
        .routes(routes!(time::sleep))
        .routes(routes!(stand_ins::put, stand_ins::remove))
        .routes(routes!(poll::poll))
}

/// Requests count as under way until they are answered, so no time is skipped meanwhile.
pub(super) fn counted(router: Router, testing: Testing) -> Router {
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let time = testing.time.clone();
        async move { time.answering(next.run(request)).await }
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utoipa::openapi::OpenApi;

    use super::*;
    use crate::api::{NAMESPACE, openapi};

    const CALLS: [&str; 12] = [
        "DELETE /test/v1/activities/{type}",
        "GET /test/v1/time",
        "POST /api/v1/namespaces/{namespace}/activities/{token}/cancel",
        "POST /api/v1/namespaces/{namespace}/activities/{token}/complete",
        "POST /api/v1/namespaces/{namespace}/activities/{token}/fail",
        "POST /api/v1/namespaces/{namespace}/activities/{token}/heartbeat",
        "POST /api/v1/namespaces/{namespace}/task-queues/{queue}/activities/poll",
        "POST /test/v1/activities:poll",
        "POST /test/v1/time/lock",
        "POST /test/v1/time/sleep",
        "POST /test/v1/time/unlock",
        "PUT /test/v1/activities/{type}",
    ];

    fn document() -> OpenApi {
        let calls = OpenApiRouter::new().merge(routes()).nest(NAMESPACE, workers::routes());
        let mut document = calls.into_openapi();
        openapi::complete(&mut document);
        document
    }

    #[test]
    fn every_call_of_a_test_host_is_documented() {
        let document = serde_json::to_value(document()).expect("plain data");
        let mut documented = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, call) in
                item.as_object().expect("an item").iter().filter(|(name, _)| *name != "parameters")
            {
                assert!(call["summary"].is_string() && call["operationId"].is_string(), "{path}");
                documented.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        assert_eq!(documented.iter().map(String::as_str).collect::<Vec<_>>(), CALLS);
    }
}
