//! `POST /test/v1/activities:poll`

use axum::{extract::State, response::Response};

use super::TestApi;
use crate::api::{
    body::Json,
    params::Params,
    problem::Problem,
    serve::Draining,
    workers::poll::{PollBody, PollParams, TaskBody, wait_for_task},
};

/// Gives an attempt of an activity of any task queue and namespace.
///
/// It counts as made: answer it, within its limits of time, as one of `poll_activity`.
#[utoipa::path(
    post, path = "/test/v1/activities:poll", tag = "testing", operation_id = "poll_any_activity", params(PollParams),
    request_body = PollBody,
    responses(
        (status = 200, description = "An attempt.", body = TaskBody<'_>),
        (status = 204, description = "There was none in time."),
    )
)]
pub(crate) async fn poll(
    State(api): State<TestApi>,
    Params(params): Params<PollParams>,
    draining: Draining,
    Json(body): Json<PollBody>,
) -> Result<Response, Problem> {
    wait_for_task(&api, &body.anywhere(), params, &draining).await
}
