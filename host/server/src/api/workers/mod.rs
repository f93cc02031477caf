//! The worker protocol: whoever polls gets attempts of activities, makes them, and answers. One file for each call.

mod cancel;
mod complete;
mod fail;
pub(crate) mod failure;
mod heartbeat;
pub(crate) mod poll;

use dalsegno_engine::{Failure, Payload, ids::Namespace};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{params, problem::Problem, testing::TestApi};
use crate::{activities::NotWaiting, service::ErrorCode};

/// Every call within a namespace, beside its documentation.
pub(crate) fn routes() -> OpenApiRouter<TestApi> {
    OpenApiRouter::new()
        .routes(routes!(poll::poll))
        .routes(routes!(complete::complete))
        .routes(routes!(fail::fail))
        .routes(routes!(heartbeat::heartbeat))
        .routes(routes!(cancel::cancel))
}

/// Which attempt.
struct Token {
    namespace: Namespace,
    token: String,
}

impl Token {
    fn parse(namespace: &str, token: String) -> Result<Self, Problem> {
        Ok(Self { namespace: params::namespace(namespace)?, token })
    }

    fn answer(&self, api: &TestApi, result: Result<Option<Payload>, Failure>) -> Result<(), Problem> {
        let answered = api.testing.pollers.answer(&self.namespace, &self.token, result);
        answered.map_err(|NotWaiting| self.not_waiting())
    }

    /// Says whether the attempt is to stop.
    fn heartbeat(&self, api: &TestApi, details: Vec<Payload>) -> Result<bool, Problem> {
        let told = api.testing.pollers.heartbeat(&self.namespace, &self.token, details);
        told.map_err(|NotWaiting| self.not_waiting())
    }

    fn not_waiting(&self) -> Problem {
        let detail = format!("no attempt with the token `{}` waits for an answer", self.token);
        Problem::new(ErrorCode::AttemptNotFound, detail)
    }
}
