//! `PUT` and `DELETE /test/v1/activities/{type}`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{Payload, failure::TimeoutKind, ids::ActivityType};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::TestApi;
use crate::{
    api::{
        body::Json,
        params::{self, Segments},
        payloads,
        problem::Problem,
        schemas,
        workers::failure::FailureBody,
        workflows::Done,
    },
    service::ErrorCode,
    testing::Answer,
};

/// How attempts of an activity end: exactly one of the fields.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StandIn, no_recursion)]
pub(crate) struct StandInBody {
    /// With this result.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schemas::Payload>)]
    result: Option<Option<Payload>>,
    /// With this failure.
    failure: Option<FailureBody>,
    /// As if it had exceeded this limit of time, although no time passes.
    #[schema(value_type = Option<schemas::TimeoutKind>)]
    timeout: Option<TimeoutKind>,
    /// One attempt after the other like these, all further ones like the last.
    sequence: Option<Vec<StandInBody>>,
}

/// Tells `null` from nothing.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Payload>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Registers how attempts of an activity end from now on, instead of calling any code.
#[utoipa::path(
    put, path = "/test/v1/activities/{type}", tag = "testing", operation_id = "put_stand_in", request_body = StandInBody,
    params(("type" = String, Path, description = "The activity's type.")),
    responses((status = 200, description = "It is registered.", body = Done))
)]
pub(crate) async fn put(
    State(api): State<TestApi>,
    Segments(activity_type): Segments<String>,
    Json(body): Json<StandInBody>,
) -> Result<Response, Problem> {
    let activity_type = params::id("type", &activity_type, ActivityType::parse)?;
    api.testing.stand_ins.put(activity_type.as_str(), answers(body)?);
    Ok(payloads::answer(StatusCode::OK, &Done {}))
}

/// Takes back how attempts of an activity end; they wait for whoever polls again.
#[utoipa::path(
    delete, path = "/test/v1/activities/{type}", tag = "testing", operation_id = "remove_stand_in",
    params(("type" = String, Path, description = "The activity's type.")),
    responses((status = 200, description = "Nothing is registered any more.", body = Done))
)]
pub(crate) async fn remove(
    State(api): State<TestApi>,
    Segments(activity_type): Segments<String>,
) -> Result<Response, Problem> {
    if !api.testing.stand_ins.remove(&activity_type) {
        let detail = format!("nothing is registered for the activity `{activity_type}`");
        return Err(Problem::new(ErrorCode::AddressNotFound, detail));
    }
    Ok(payloads::answer(StatusCode::OK, &Done {}))
}

/// One at least.
fn answers(body: StandInBody) -> Result<Vec<Answer>, Problem> {
    match body {
        StandInBody { sequence: Some(sequence), result: None, failure: None, timeout: None } => {
            if sequence.is_empty() {
                return Err(Problem::invalid("sequence is empty; one answer at least is needed"));
            }
            sequence.into_iter().map(answer).collect()
        }
        body => Ok(vec![answer(body)?]),
    }
}

fn answer(body: StandInBody) -> Result<Answer, Problem> {
    match body {
        StandInBody { result: Some(result), failure: None, timeout: None, sequence: None } => {
            payloads::check_size("result", &result)?;
            Ok(Answer::Result(result))
        }
        StandInBody { failure: Some(failure), result: None, timeout: None, sequence: None } => {
            Ok(Answer::Failure(failure.into_failure()))
        }
        StandInBody { timeout: Some(kind), result: None, failure: None, sequence: None } => {
            Ok(Answer::Timeout(kind))
        }
        _ => Err(Problem::invalid(
            "one of result, failure, timeout and sequence has to be given, and no other",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Vec<Answer>> {
        answers(serde_json::from_str(json).expect("a body")).ok()
    }

    #[test]
    fn exactly_one_kind_of_answer_is_taken() {
        assert!(matches!(read(r#"{"result": null}"#).as_deref(), Some([Answer::Result(None)])));
        assert!(matches!(read(r#"{"result": {"a": 1}}"#).as_deref(), Some([Answer::Result(Some(_))])));
        assert!(matches!(read(r#"{"failure": {"message": "no"}}"#).as_deref(), Some([Answer::Failure(_)])));
        let sequence = read(r#"{"sequence": [{"timeout": "heartbeat"}, {"result": 1}]}"#);
        let [Answer::Timeout(TimeoutKind::Heartbeat), Answer::Result(Some(_))] = &sequence.expect("two")[..]
        else {
            panic!("they are others");
        };
        for wrong in ["{}", r#"{"sequence": []}"#, r#"{"sequence": [{}]}"#, r#"{"result": 1, "failure": {}}"#]
        {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
