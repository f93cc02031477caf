//! Histories as text: the JSON form of events, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeStruct as _};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    Payload,
    attributes::{shown_search_attribute, unshown_search_attribute},
    event::{Event, EventAttributes as E},
    guest::Shown,
    history::Transition,
    ids::{EventId, ModuleDigest, Namespace, Operation, RunId, WorkflowType},
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
    /// Where it ran; absent in histories that were not read from a host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Namespace>,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
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
    /// Events are missing, or twice there.
    #[error("the history has event {found} where event {expected} belongs")]
    EventId {
        /// The place.
        expected: EventId,
        /// What stands there.
        found: EventId,
    },
    /// An activation delivers first, and then takes commands.
    #[error("event {0} came to the run, and stands after a command of the same activation")]
    Order(EventId),
    /// Every activation has an event of its time.
    #[error("activation {0} has no events of its time")]
    NoEvents(u64),
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
            namespace: None,
            run_id: None,
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

    /// As people read it: see [`Event::show`].
    pub fn show(&mut self) {
        self.events.iter_mut().for_each(Event::show);
    }

    /// As transitions: events of one activation and one time together, as they were stored. Search attributes may be
    /// as [`Event::show`] writes them.
    ///
    /// # Errors
    /// [`BadExport`]: from a newer host, or its parts do not fit together.
    pub fn into_transitions(mut self) -> Result<Vec<Transition>, BadExport> {
        self.events.iter_mut().for_each(Event::unshow);
        self.into_exact_transitions()
    }

    /// The same of a history whose payloads are all written out.
    ///
    /// # Errors
    /// [`BadExport`]: from a newer host, or its parts do not fit together.
    pub fn into_exact_transitions(self) -> Result<Vec<Transition>, BadExport> {
        if self.format != EXPORT_FORMAT {
            return Err(BadExport::Format(self.format));
        }
        let mut activations: BTreeMap<u64, ExportedActivation> =
            self.activations.into_iter().map(|activation| (activation.number, activation)).collect();
        let mut transitions: Vec<Transition> = Vec::new();
        for (expected, event) in (1..).zip(self.events) {
            if event.event_id != expected {
                return Err(BadExport::EventId { expected, found: event.event_id });
            }
            match transitions.last_mut() {
                Some(last) if (last.activation, last.time) == (event.activation, event.time) => {
                    add(last, event)?;
                }
                _ => transitions.push(begin(event, &mut activations)?),
            }
        }
        match activations.into_keys().next() {
            Some(number) => Err(BadExport::NoEvents(number)),
            None => Ok(transitions),
        }
    }
}

/// A transition that begins with this event.
fn begin(event: Event, activations: &mut BTreeMap<u64, ExportedActivation>) -> Result<Transition, BadExport> {
    let activated = match activations.get(&event.activation) {
        Some(activation) if activation.time == event.time => activations.remove(&event.activation),
        _ => None,
    };
    let mut transition = Transition {
        first_event_id: event.event_id,
        time: event.time,
        activation: event.activation,
        activated: activated.map(|activation| activation.shown),
        inputs: Vec::new(),
        commands: Vec::new(),
    };
    add(&mut transition, event)?;
    Ok(transition)
}

fn add(transition: &mut Transition, event: Event) -> Result<(), BadExport> {
    if event.attributes.is_command() {
        transition.commands.push(event.attributes);
    } else if transition.commands.is_empty() {
        transition.inputs.push(event.attributes);
    } else {
        return Err(BadExport::Order(event.event_id));
    }
    Ok(())
}

impl E {
    /// Its attributes as JSON, without the type.
    #[must_use]
    pub fn attributes_json(&self) -> serde_json::Value {
        let text = self.attributes_text();
        text.and_then(|text| serde_json::from_str(text.get())).unwrap_or_default()
    }

    /// Its attributes as JSON text, payloads byte for byte. No result is no field: `null` is a result.
    pub(crate) fn attributes_text(&self) -> Result<Box<RawValue>, serde_json::Error> {
        match self {
            Self::WorkflowExecutionCompleted { result: None } => to_raw_value(&WithoutResult {}),
            Self::ActivityTaskCompleted { operation, result: None, attempt } => {
                to_raw_value(&ActivityWithoutResult { operation: *operation, attempt: *attempt })
            }
            Self::ChildWorkflowExecutionCompleted { operation, run_id, result: None } => {
                to_raw_value(&ChildWithoutResult { operation: *operation, run_id })
            }
            event => {
                let text = serde_json::to_string(event)?;
                let tagged: BTreeMap<&str, &RawValue> = serde_json::from_str(&text)?;
                let attributes = tagged.into_values().next().map(ToOwned::to_owned);
                attributes.ok_or_else(|| serde_json::Error::custom("no attributes"))
            }
        }
    }
}

#[derive(Serialize)]
struct WithoutResult {}

#[derive(Serialize)]
struct ChildWithoutResult<'a> {
    operation: Operation,
    run_id: &'a RunId,
}

#[derive(Serialize)]
struct ActivityWithoutResult {
    operation: Operation,
    attempt: u32,
}

/// The counterpart of [`E::attributes_text`]: a field that is there has a payload, if only `null`.
pub(crate) fn present_or_absent<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Payload>, D::Error> {
    if input.is_human_readable() { Payload::deserialize(input).map(Some) } else { Option::deserialize(input) }
}

impl Event {
    /// Writes its search attributes as people read them. [`ExportedHistory::into_transitions`] reads both forms.
    pub fn show(&mut self) {
        self.change_search_attributes(shown_search_attribute);
    }

    fn unshow(&mut self) {
        self.change_search_attributes(unshown_search_attribute);
    }

    fn change_search_attributes(&mut self, change: fn(&Payload) -> Payload) {
        self.attributes.for_each_search_attribute_mut(&mut |payload| *payload = change(payload));
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
