//! Where a guest left its history.

use std::fmt;

use crate::{event::EventAttributes, ids::EventId};

/// The first event at which a replayed guest did something else.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// Its place in the history.
    pub event_id: EventId,
    /// What the history has there; absent: the guest did more.
    pub expected: Option<Box<EventAttributes>>,
    /// What the guest did; absent: it did less.
    pub actual: Option<Box<EventAttributes>>,
    /// Where the guest stood, innermost frame first; empty if unknown.
    pub backtrace: String,
}

impl Divergence {
    pub(crate) fn new(
        event_id: EventId,
        expected: Option<EventAttributes>,
        actual: Option<EventAttributes>,
    ) -> Self {
        Self {
            event_id,
            expected: expected.map(Box::new),
            actual: actual.map(Box::new),
            backtrace: String::new(),
        }
    }
}

impl std::error::Error for Divergence {}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}: ", self.event_id)?;
        match (&self.expected, &self.actual) {
            (Some(expected), Some(actual)) if expected.type_name() == actual.type_name() => {
                write!(f, "{} has other arguments: {}", expected.type_name(), differences(expected, actual))
            }
            (Some(expected), Some(actual)) => {
                write!(f, "the history has {}, the workflow did {}", Line(expected), Line(actual))
            }
            (Some(expected), None) => {
                write!(f, "the history has {}, the workflow did nothing more", Line(expected))
            }
            (None, Some(actual)) => {
                write!(f, "the history has nothing more, the workflow did {}", Line(actual))
            }
            (None, None) => write!(f, "the workflow did something else"),
        }
    }
}

/// A command in one line, as JSON.
struct Line<'a>(&'a EventAttributes);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.type_name(), self.0.attributes_json())
    }
}

/// The fields that differ, each as `name: expected, not actual`.
fn differences(expected: &EventAttributes, actual: &EventAttributes) -> String {
    let (expected, actual) = (expected.attributes_json(), actual.attributes_json());
    let (Some(expected), Some(actual)) = (expected.as_object(), actual.as_object()) else {
        return "they cannot be shown".to_owned();
    };
    let differing = expected.iter().filter_map(|(name, expected)| {
        let actual = actual.get(name).unwrap_or(&serde_json::Value::Null);
        (expected != actual).then(|| format!("{name} is {actual}, the history has {expected}"))
    });
    let text = differing.collect::<Vec<_>>().join("; ");
    if text.is_empty() { "payloads differ in bytes or metadata".to_owned() } else { text }
}
