//! What a scenario leaves, as text: a line for each event, without what differs from run to run.
//!
//! Payloads stand in ‹›, byte for byte as the guest wrote them. What is null or empty is left out, but for fields that
//! users name.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::stage::Stage;

/// What differs from run to run, or from language to language, as it may.
const DIFFERING: [&str; 11] = [
    "engine_semantics",
    "module",
    "seed",
    "run_id",
    "first_run_id",
    "new_run_id",
    "continued_run_id",
    "request_id",
    "signal_ids",
    "execution_expires",
    "stack_trace",
];
/// What users name the fields of; null among them says that one is removed.
const USERS_FIELDS: [&str; 3] = ["memo", "search_attributes", "upserted_memo"];
/// Longer payloads are shown by their length and digest.
const SHOWN_BYTES_MAX: usize = 400;
/// What was drawn by lot is longer than this, and nothing else in such scenarios.
const NOT_DRAWN_BYTES_MAX: usize = 100;

/// The whole of a scenario.
pub(crate) fn text(stage: &Stage, histories: &[Value]) -> String {
    let writer = Writer { draws: stage.draws };
    let mut text = String::new();
    for (what, answer) in &stage.told {
        let _ = writeln!(text, "{what}: {}", writer.value(answer));
    }
    for history in histories {
        let mut events = in_order(history["events"].as_array().cloned().unwrap_or_default());
        // How events are dealt out to activations is the host's business, and varies.
        events.retain(|event| event["type"] != "ActivationCompleted");
        let id = events.first().map(|event| event["attributes"]["workflow_id"].clone()).unwrap_or_default();
        let _ = writeln!(text, "\n== {}", id.as_str().unwrap_or_default());
        for (number, event) in events.iter().enumerate() {
            let name = event["type"].as_str().unwrap_or_default();
            let _ = writeln!(text, "{:>3} {name}{}", number + 1, writer.attributes(&event["attributes"]));
        }
    }
    text
}

/// Activities that run side by side end in any order: those that ended in a row are put in the order of their
/// operations.
fn in_order(mut events: Vec<Value>) -> Vec<Value> {
    let completed = |event: &Value| event["type"] == "ActivityTaskCompleted";
    for row in events.chunk_by_mut(|one, next| completed(one) && completed(next)) {
        row.sort_by_key(|event| event["attributes"]["operation"].as_u64());
    }
    events
}

struct Writer {
    draws: bool,
}

impl Writer {
    fn attributes(&self, attributes: &Value) -> String {
        let fields = attributes.as_object().into_iter().flat_map(|fields| self.fields(fields));
        fields.map(|(name, value)| format!(" {name}={value}")).collect()
    }

    fn fields<'a>(&'a self, fields: &'a Map<String, Value>) -> impl Iterator<Item = (&'a str, String)> {
        let kept =
            fields.iter().filter(|(name, value)| !DIFFERING.contains(&name.as_str()) && !is_nothing(value));
        let written = kept.map(|(name, value)| match value {
            Value::Object(users) if USERS_FIELDS.contains(&name.as_str()) => {
                (name.as_str(), self.users(users))
            }
            value => (name.as_str(), self.value(value)),
        });
        written.filter(|(_, value)| value != "{}")
    }

    fn users(&self, fields: &Map<String, Value>) -> String {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}: {}", self.value(value))).collect();
        format!("{{ {} }}", fields.join(", "))
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::Object(fields) => match fields.get("$payload") {
                Some(payload) => self.payload(payload),
                None => {
                    let fields: Vec<_> =
                        self.fields(fields).map(|(name, value)| format!("{name}: {value}")).collect();
                    if fields.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", fields.join(", ")) }
                }
            },
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.value(item)).collect();
                format!("[{}]", items.join(", "))
            }
            // What there is instead of what is not, is told by the languages that know.
            Value::String(text) => Value::from(text.split("; it has").next()).to_string(),
            plain => plain.to_string(),
        }
    }

    fn payload(&self, payload: &Value) -> String {
        let decode = |text: &Value| {
            let bytes = BASE64_STANDARD.decode(text.as_str().unwrap_or_default());
            bytes.unwrap_or_else(|error| panic!("{text} is no base64: {error}"))
        };
        let data = decode(&payload["data"]);
        let mut text = match String::from_utf8(data) {
            Ok(text) if self.draws && text.len() > NOT_DRAWN_BYTES_MAX => "drawn".to_owned(),
            Ok(text) if text.len() > SHOWN_BYTES_MAX => digest(text.as_bytes()),
            Ok(text) => text,
            Err(error) => digest(error.as_bytes()),
        };
        for (key, value) in payload["metadata"].as_object().into_iter().flatten() {
            let value = String::from_utf8_lossy(&decode(value)).into_owned();
            if (key.as_str(), value.as_str()) != ("encoding", "json/plain") {
                let _ = write!(text, "; {key} {value}");
            }
        }
        format!("‹{text}›")
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn digest(bytes: &[u8]) -> String {
    let digest: String = Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{} bytes, sha256 {digest}…", bytes.len())
}
