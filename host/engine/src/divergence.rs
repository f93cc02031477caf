//! Where a guest left its history.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde_json::value::RawValue;

use crate::{event::EventAttributes, ids::EventId, limits};

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
        let attributes = self.0.attributes_text();
        let attributes = attributes.as_ref().map_or("{}", |attributes| attributes.get());
        write!(f, "{} {}", self.0.type_name(), shortened(attributes))
    }
}

/// The fields that differ, each as `name is actual, the history has expected`.
fn differences(expected: &EventAttributes, actual: &EventAttributes) -> String {
    let (expected, actual) = (fields(expected), fields(actual));
    let differing = expected.iter().filter_map(|(name, expected)| {
        let actual = actual.get(name).map_or("null", |actual| actual.get());
        let expected = expected.get();
        let differs = expected != actual;
        differs.then(|| format!("{name} is {}, the history has {}", shortened(actual), shortened(expected)))
    });
    let text = differing.collect::<Vec<_>>().join("; ");
    if text.is_empty() { "payloads differ in bytes or metadata".to_owned() } else { text }
}

/// The attributes by name, each as its own text, so that no number is rounded.
fn fields(event: &EventAttributes) -> BTreeMap<String, Box<RawValue>> {
    let text = event.attributes_text();
    text.and_then(|text| serde_json::from_str(text.get())).unwrap_or_default()
}

fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= limits::DIVERGENCE_VALUE_BYTES_MAX {
        return text.into();
    }
    let end = text.floor_char_boundary(limits::DIVERGENCE_VALUE_BYTES_MAX);
    format!("{}… ({} bytes)", &text[..end], text.len()).into()
}
