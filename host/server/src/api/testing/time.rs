//! `/test/v1/time`: what the time is, and whether it is skipped.

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{Millis, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TestApi;
use crate::api::{body::Json, params::WAIT_MAX, payloads, problem::Problem};

/// How the time stands.
#[derive(Serialize, ToSchema)]
#[schema(as = TestTime)]
pub(crate) struct TimeBody {
    /// Of the host, and so of its workflows.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// Unlocks less locks. Below 0 no time is skipped; at 0, as at the start, while a client waits for the end of a run
    /// or of an update; above 0 always.
    balance: i64,
    /// What keeps time from being skipped at the moment: turns of workflows, commits, messages between runs, attempts
    /// of activities that run or wait for somebody to make them, other requests.
    under_way: usize,
}

/// Until when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SleepRequest)]
pub(crate) struct SleepBody {
    /// For so long.
    #[schema(value_type = Option<String>, example = "3 days")]
    duration: Option<Millis>,
    /// Until this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<String>,
}

/// Tells the time.
#[utoipa::path(
    get, path = "/test/v1/time", tag = "testing", operation_id = "read_test_time",
    responses((status = 200, description = "How it stands.", body = TimeBody))
)]
pub(crate) async fn time(State(api): State<TestApi>) -> Result<Response, Problem> {
    state(&api, StatusCode::OK)
}

/// Keeps time from being skipped, until one unlock more.
#[utoipa::path(
    post, path = "/test/v1/time/lock", tag = "testing", operation_id = "lock_test_time",
    responses((status = 200, description = "How it stands.", body = TimeBody))
)]
pub(crate) async fn lock(State(api): State<TestApi>) -> Result<Response, Problem> {
    api.testing.time.shift(-1);
    state(&api, StatusCode::OK)
}

/// Takes a lock away; without one, lets time be skipped although nobody waits, until one lock more.
#[utoipa::path(
    post, path = "/test/v1/time/unlock", tag = "testing", operation_id = "unlock_test_time",
    responses((status = 200, description = "How it stands.", body = TimeBody))
)]
pub(crate) async fn unlock(State(api): State<TestApi>) -> Result<Response, Problem> {
    api.testing.time.shift(1);
    state(&api, StatusCode::OK)
}

/// Skips time, locked or not, with all that happens meanwhile.
///
/// The answer comes when the time has come and everything due by then is done, or after a minute without that.
#[utoipa::path(
    post, path = "/test/v1/time/sleep", tag = "testing", operation_id = "sleep_test_time", request_body = SleepBody,
    responses(
        (status = 200, description = "The time has come.", body = TimeBody),
        (status = 202, description = "It has not: something is still under way.", body = TimeBody),
    )
)]
pub(crate) async fn sleep(
    State(api): State<TestApi>,
    Json(body): Json<SleepBody>,
) -> Result<Response, Problem> {
    let until = until(body, api.service.owner()?.clock.now())?;
    let slept = tokio::time::timeout(WAIT_MAX, api.testing.time.sleep(until)).await;
    state(&api, if slept.is_ok() { StatusCode::OK } else { StatusCode::ACCEPTED })
}

fn until(body: SleepBody, now: Timestamp) -> Result<Timestamp, Problem> {
    match body {
        SleepBody { duration: Some(duration), until: None } => Ok(now.plus(duration)),
        SleepBody { duration: None, until: Some(until) } => {
            until.parse().map_err(|problem| Problem::invalid(format!("until: {problem}")))
        }
        _ => Err(Problem::invalid("one of duration and until has to be given")),
    }
}

fn state(api: &TestApi, status: StatusCode) -> Result<Response, Problem> {
    let body = TimeBody {
        now: api.service.owner()?.clock.now(),
        balance: api.testing.time.balance(),
        // Without this request.
        under_way: api.testing.under_way.count().saturating_sub(1),
    };
    Ok(payloads::answer(status, &body))
}
