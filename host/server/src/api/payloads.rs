//! Payloads in requests and answers.

use std::{collections::BTreeMap, fmt};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use dalsegno_engine::{Failure, Headers, Payload, event::EventAttributes, failure::RetryState, limits};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, json};

use super::problem::Problem;
use crate::service::{ErrorCode, ServiceError};

/// The media type of answers.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Room for an answer; most are shorter.
const ANSWER_BYTES: usize = 512;

/// The key of the place of a payload that is about to be written out; no JSON of ours has it.
const PLACE: &str = "\0";

/// How payloads are written in an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PayloadForm {
    /// `json/plain` payloads as their own JSON text, others written out.
    #[default]
    Inline,
    /// All written out: metadata and base64.
    Raw,
}

/// Something with payloads in it.
pub(crate) trait HasPayloads {
    /// Visits every payload.
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload));
}

impl HasPayloads for Failure {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        let nothing = Failure::new(String::new(), dalsegno_engine::failure::FailureKind::Server {});
        let failure = std::mem::replace(self, nothing);
        let retry_state = RetryState::InProgress;
        let mut event = EventAttributes::WorkflowExecutionFailed { failure, retry_state, new_run_id: None };
        event.for_each_payload_mut(visit);
        if let EventAttributes::WorkflowExecutionFailed { failure, .. } = event {
            *self = failure;
        }
    }
}

/// Visits every payload of what something came to: its result, or its failure.
pub(crate) fn visit_outcome(
    result: &mut Option<Option<Payload>>,
    failure: &mut Option<Failure>,
    visit: &mut dyn FnMut(&mut Payload),
) {
    result.iter_mut().flatten().for_each(&mut *visit);
    if let Some(failure) = failure {
        failure.for_each_payload_mut(visit);
    }
}

/// Answers with JSON.
pub(crate) fn answer<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let mut bytes = Vec::with_capacity(ANSWER_BYTES);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => (status, [(header::CONTENT_TYPE, JSON)], bytes).into_response(),
        Err(error) => unwritable(&error).into_response(),
    }
}

/// Answers with JSON, its payloads in the form that the client wants.
pub(crate) fn answer_as<T>(form: PayloadForm, status: StatusCode, body: &mut T) -> Response
where
    T: Serialize + HasPayloads,
{
    match form {
        PayloadForm::Inline => answer(status, body),
        PayloadForm::Raw => match written_out(body) {
            Ok(body) => answer(status, &body),
            Err(error) => unwritable(&error).into_response(),
        },
    }
}

fn unwritable(error: &serde_json::Error) -> Problem {
    Problem::new(ErrorCode::Internal, format!("the answer cannot be written: {error}"))
}

/// The JSON of something with every payload written out: each is first replaced by a place with its number, which
/// is then filled.
pub(crate) fn written_out<T: Serialize + HasPayloads>(body: &mut T) -> serde_json::Result<Value> {
    let mut payloads = Vec::new();
    body.for_each_payload_mut(&mut |payload| {
        let place = json!({ PLACE: payloads.len() });
        payloads.push(std::mem::replace(payload, Payload::json(place.to_string())));
    });
    let mut json = serde_json::to_value(body)?;
    fill(&mut json, &payloads)?;
    Ok(json)
}

fn fill(json: &mut Value, payloads: &[Payload]) -> serde_json::Result<()> {
    let place = match json {
        Value::Object(fields) if fields.len() == 1 => fields.get(PLACE).and_then(Value::as_u64),
        _ => None,
    };
    let payload = place.and_then(|place| payloads.get(usize::try_from(place).ok()?));
    match (payload, json) {
        (Some(payload), json) => *json = serde_json::from_slice(&payload.written_out().data)?,
        (None, Value::Object(fields)) => {
            fields.values_mut().try_for_each(|value| fill(value, payloads))?;
        }
        (None, Value::Array(items)) => items.iter_mut().try_for_each(|item| fill(item, payloads))?,
        (None, _) => {}
    }
    Ok(())
}

/// Payloads by name in a request, in the order given.
#[derive(Debug, Default)]
pub(crate) struct PayloadMap(pub(crate) Headers);

impl<'de> Deserialize<'de> for PayloadMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = PayloadMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of payloads by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PayloadMap, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(PayloadMap(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

impl PayloadMap {
    /// In the order of the names, which stand once each.
    pub(crate) fn into_map(self, field: &str) -> Result<BTreeMap<String, Payload>, Problem> {
        let mut map = BTreeMap::new();
        for (name, payload) in self.0 {
            if map.contains_key(&name) {
                return Err(Problem::invalid(format!("{field} has `{name}` twice")));
            }
            map.insert(name, payload);
        }
        Ok(map)
    }
}

/// Refuses payloads that are too large.
pub(crate) fn check_size<'a>(
    field: &str,
    payloads: impl IntoIterator<Item = &'a Payload>,
) -> Result<(), Problem> {
    let largest = payloads.into_iter().map(Payload::size_bytes).max().unwrap_or_default();
    if largest <= limits::PAYLOAD_BYTES_MAX {
        return Ok(());
    }
    let limit = limits::PAYLOAD_BYTES_MAX;
    let detail = format!("a payload of {field} has {largest} bytes; at most {limit} are taken");
    Err(ServiceError::new(ErrorCode::TooLarge, detail).into())
}

/// Arguments of a request, checked.
pub(crate) fn arguments(input: Option<Vec<Payload>>) -> Result<Vec<Payload>, Problem> {
    let input = input.unwrap_or_default();
    check_size("input", &input)?;
    Ok(input)
}

/// Headers of a request, checked.
pub(crate) fn headers(headers: Option<PayloadMap>) -> Result<Headers, Problem> {
    let headers = headers.unwrap_or_default().0;
    check_size("headers", headers.iter().map(|(_, payload)| payload))?;
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use dalsegno_engine::{event::Event, failure::FailureKind};

    use super::*;

    #[derive(Serialize)]
    struct Answer {
        input: Vec<Payload>,
        memo: BTreeMap<String, Payload>,
    }

    impl HasPayloads for Answer {
        fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
            self.input.iter_mut().chain(self.memo.values_mut()).for_each(visit);
        }
    }

    const SPACED: &str = "{ \"a\" :1.50,\n\t\"b\":[ ] }";

    #[test]
    fn json_payloads_stand_inline_byte_for_byte() {
        let payload: Payload = serde_json::from_str(SPACED).expect("it is JSON");
        assert_eq!(payload.data, SPACED);
        let text = serde_json::to_string(&json!(0)).expect("plain data");
        assert_eq!(text, "0");
        let answer = Answer { input: vec![payload], memo: BTreeMap::new() };
        let text = serde_json::to_string(&answer).expect("plain data");
        assert_eq!(text, format!(r#"{{"input":[{SPACED}],"memo":{{}}}}"#));
    }

    #[test]
    fn raw_payloads_are_written_out_once() {
        let binary = Payload::encoded("binary/plain", vec![0, 1]);
        let tricky = Payload::json(r#"{"$payload":{"metadata":{},"data":""}}"#);
        let memo = BTreeMap::from([(PLACE.to_owned(), Payload::json("1"))]);
        let mut answer = Answer { input: vec![Payload::json(SPACED), binary.clone(), tricky.clone()], memo };
        let json = written_out(&mut answer).expect("plain data");
        let inputs = json["input"].as_array().expect("an array");
        let form = |payload: &Payload| -> Value {
            serde_json::from_slice(&payload.written_out().data).expect("it is JSON")
        };
        assert_eq!(inputs[0], form(&Payload::json(SPACED)));
        assert_eq!(inputs[1], form(&binary));
        assert_eq!(inputs[2], form(&tricky));
        assert_eq!(json["memo"][PLACE], form(&Payload::json("1")));
        let back: Payload = serde_json::from_value(inputs[0].clone()).expect("a payload");
        assert_eq!(back.data, SPACED);
    }

    #[test]
    fn details_of_failures_are_payloads_too() {
        let mut failure = Failure::application("Declined", "no").caused_by(Failure::cancelled("stop"));
        if let FailureKind::Application { details, .. } = &mut failure.kind {
            details.push(Payload::json("7"));
        }
        let mut seen = Vec::new();
        failure.for_each_payload_mut(&mut |payload| seen.push(payload.clone()));
        assert_eq!(seen, [Payload::json("7")]);
        let json = written_out(&mut failure).expect("plain data");
        assert_eq!(json["kind"]["application"]["details"][0]["$payload"]["data"], "Nw==");
        assert_eq!(json["cause"]["message"], "stop");
    }

    #[test]
    fn maps_keep_their_order_and_refuse_repeated_names() {
        let map: PayloadMap = serde_json::from_str(r#"{"z": 1, "a": [ 2 ]}"#).expect("an object");
        let names: Vec<&str> = map.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z", "a"]);
        assert_eq!(map.0[1].1, Payload::json("[ 2 ]"));
        let twice: PayloadMap = serde_json::from_str(r#"{"a": 1, "a": 2}"#).expect("an object");
        assert!(twice.into_map("memo").is_err());
    }

    #[test]
    fn large_payloads_are_refused() {
        let fits = Payload::json(vec![b'1'; limits::PAYLOAD_BYTES_MAX - 18]);
        assert!(arguments(Some(vec![fits])).is_ok());
        let large = Payload::json(vec![b'1'; limits::PAYLOAD_BYTES_MAX]);
        let problem = arguments(Some(vec![large])).expect_err("it is too large");
        assert_eq!(problem.into_response().status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn events_can_be_read_back_from_raw_form() {
        let signal = EventAttributes::WorkflowExecutionSignaled {
            signal_name: "approve".into(),
            input: vec![Payload::json(SPACED)],
            headers: vec![("trace".into(), Payload::encoded("binary/plain", vec![7]))],
            request_id: None,
        };
        let event =
            Event { event_id: 2, time: dalsegno_engine::Timestamp::MIN, activation: 1, attributes: signal };
        let json = super::super::workflows::events_written_out(&mut vec![event.clone()]).expect("plain data");
        let back: Vec<Event> = serde_json::from_value(json).expect("events");
        assert_eq!(back, [event]);
    }
}
