//! Histories as text: the JSON form of events, and back.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeStruct as _};
use serde_json::value::RawValue;

use crate::{
    Payload,
    event::{Event, EventAttributes as E},
    guest::Shown,
    history::Transition,
    ids::{EventId, ModuleDigest, WorkflowType},
    time::Timestamp,
};

/// The form of exported histories this engine writes.
pub const EXPORT_FORMAT: u32 = 1;

/// A whole history, for taking elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportedHistory {
    /// [`EXPORT_FORMAT`].
    pub format: u32,
    /// The rules it was written by.
    pub engine_semantics: u32,
    /// The code that wrote it.
    pub module: ModuleDigest,
    /// The code within the module.
    pub workflow_type: WorkflowType,
    /// What each activation was shown, in order.
    pub activations: Vec<ExportedActivation>,
    /// All events, in order.
    pub events: Vec<Event>,
}

/// One activation of an exported history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedActivation {
    /// From 1.
    pub number: u64,
    /// The guest's clock.
    pub time: Timestamp,
    /// What it was told of its history.
    pub shown: Shown,
}

impl ExportedActivation {
    fn new(transition: &Transition) -> Option<Self> {
        let shown = transition.activated.clone()?;
        Some(Self { number: transition.activation, time: transition.time, shown })
    }
}

/// Why a text is no history that can be replayed.
#[derive(Debug, thiserror::Error)]
pub enum BadExport {
    /// It lacks its beginning.
    #[error("the history has no WorkflowExecutionStarted event")]
    NoStart,
    /// From a newer host.
    #[error("the history has format {0}, this host reads {EXPORT_FORMAT}")]
    Format(u32),
}

impl ExportedHistory {
    /// From what the store has.
    ///
    /// # Errors
    /// [`BadExport::NoStart`]: there is nothing to export.
    pub fn new(transitions: Vec<Transition>) -> Result<Self, BadExport> {
        let started = transitions.first().and_then(|first| match first.inputs.first() {
            Some(E::WorkflowExecutionStarted(started)) => Some(started.clone()),
            _ => None,
        });
        let started = started.ok_or(BadExport::NoStart)?;
        let header = Self {
            format: EXPORT_FORMAT,
            engine_semantics: started.engine_semantics,
            module: started.module.clone(),
            workflow_type: started.workflow_type.clone(),
            activations: Vec::new(),
            events: Vec::new(),
        };
        Ok(header.with(transitions))
    }

    /// The same header over these transitions: a page that does not begin at the start.
    #[must_use]
    pub fn with(mut self, transitions: Vec<Transition>) -> Self {
        let activations = transitions.iter().filter_map(ExportedActivation::new);
        self.activations = activations.collect();
        self.events = transitions.into_iter().flat_map(Transition::into_events).collect();
        self
    }

    /// As transitions, one for each activation.
    ///
    /// # Errors
    /// [`BadExport::Format`]: from a newer host.
    pub fn into_transitions(self) -> Result<Vec<Transition>, BadExport> {
        if self.format != EXPORT_FORMAT {
            return Err(BadExport::Format(self.format));
        }
        let mut transitions: Vec<Transition> = Vec::new();
        for event in self.events {
            if transitions.last().is_none_or(|last| last.activation != event.activation) {
                let activation =
                    self.activations.iter().find(|activation| activation.number == event.activation);
                transitions.push(Transition {
                    first_event_id: event.event_id,
                    time: activation.map_or(event.time, |activation| activation.time),
                    activation: event.activation,
                    activated: activation.map(|activation| activation.shown.clone()),
                    inputs: Vec::new(),
                    commands: Vec::new(),
                });
            }
            let Some(last) = transitions.last_mut() else {
                continue;
            };
            let side = if event.attributes.is_command() { &mut last.commands } else { &mut last.inputs };
            side.push(event.attributes);
        }
        Ok(transitions)
    }
}

impl E {
    /// Its attributes as JSON, without the type.
    #[must_use]
    pub fn attributes_json(&self) -> serde_json::Value {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(fields)) => {
                fields.into_iter().next().map_or(serde_json::Value::Null, |(_, attributes)| attributes)
            }
            _ => serde_json::Value::Null,
        }
    }

    /// Its attributes as JSON text, payloads byte for byte.
    fn attributes_text(&self) -> Result<Box<RawValue>, serde_json::Error> {
        let text = serde_json::to_string(self)?;
        let tagged: std::collections::BTreeMap<&str, &RawValue> = serde_json::from_str(&text)?;
        tagged
            .into_values()
            .next()
            .map(ToOwned::to_owned)
            .ok_or_else(|| serde_json::Error::custom("no attributes"))
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let attributes = self.attributes.attributes_text().map_err(serde::ser::Error::custom)?;
        let mut event = serializer.serialize_struct("Event", 5)?;
        event.serialize_field("event_id", &self.event_id)?;
        event.serialize_field("time", &self.time)?;
        event.serialize_field("activation", &self.activation)?;
        event.serialize_field("type", self.attributes.type_name())?;
        event.serialize_field("attributes", &attributes)?;
        event.end()
    }
}

#[derive(Deserialize)]
struct EventText {
    event_id: EventId,
    time: Timestamp,
    activation: u64,
    r#type: String,
    attributes: Box<RawValue>,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = EventText::deserialize(deserializer)?;
        let name = serde_json::to_string(&text.r#type).map_err(D::Error::custom)?;
        let tagged = format!("{{{name}:{}}}", text.attributes.get());
        let attributes = serde_json::from_str(&tagged)
            .map_err(|error| D::Error::custom(format!("event {}: {error}", text.event_id)))?;
        Ok(Self { event_id: text.event_id, time: text.time, activation: text.activation, attributes })
    }
}

/// The same payload, so that its JSON shows metadata and base64 whatever the encoding.
pub fn write_out(payload: &mut Payload) {
    *payload = payload.written_out();
}
