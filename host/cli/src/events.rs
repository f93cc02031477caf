//! Events of a history, each in a line.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{failure, output};

/// Characters of a payload within a line.
const PAYLOAD_CHARACTERS_MAX: usize = 60;

/// Tells events in order; it remembers what operations are, since later events have only their numbers.
#[derive(Debug, Default)]
pub(crate) struct Narrator {
    operations: BTreeMap<u64, String>,
}

impl Narrator {
    /// What an event says beside its type.
    pub(crate) fn details(&mut self, event: &Value) -> String {
        let attributes = &event["attributes"];
        let text = |name: &str| attributes[name].as_str().unwrap_or_default().to_owned();
        match event["type"].as_str().unwrap_or_default() {
            "WorkflowExecutionStarted" => join(&[text("workflow_type"), values(&attributes["input"])]),
            "WorkflowExecutionSignaled" => join(&[text("signal_name"), values(&attributes["input"])]),
            "WorkflowExecutionCancelRequested" | "WorkflowExecutionTerminated" => text("reason"),
            "ActivityTaskScheduled" => {
                let name = text("activity_type");
                let about = join(&[self.begin(attributes, &name), quoted(&text("summary"))]);
                join(&[about, values(&attributes["input"])])
            }
            "TimerStarted" => {
                let name = duration(&text("start_to_fire"));
                join(&[self.begin(attributes, &name), quoted(&text("summary"))])
            }
            "ActivityTaskCompleted" => join(&[self.of(attributes), result(attributes)]),
            "ActivityTaskFailed" | "ActivityTaskTimedOut" => {
                join(&[self.of(attributes), failure_of(attributes), attempts(attributes)])
            }
            "ActivityTaskCancelRequested" | "ActivityTaskCanceled" | "TimerFired" | "TimerCanceled" => {
                self.of(attributes)
            }
            "ActivationCompleted" => String::new(),
            "WorkflowExecutionCompleted" => result(attributes),
            "WorkflowExecutionTimedOut" => goes_on(attributes),
            "WorkflowExecutionFailed" => join(&[failure_of(attributes), goes_on(attributes)]),
            "WorkflowExecutionContinuedAsNew" => join(&[goes_on(attributes), values(&attributes["input"])]),
            "WorkflowExecutionUpdateAccepted" => {
                join(&[text("update_id"), text("name"), values(&attributes["input"])])
            }
            "WorkflowExecutionUpdateCompleted" => join(&[text("update_id"), outcome(&attributes["outcome"])]),
            "StartChildWorkflowExecutionInitiated" => {
                let name = join(&[text("workflow_type"), text("workflow_id")]);
                let about = join(&[self.begin_as("closed", attributes, &name), quoted(&text("summary"))]);
                join(&[about, values(&attributes["input"])])
            }
            "SignalExternalWorkflowExecutionInitiated" => {
                let name = join(&[text("workflow_id"), text("signal_name")]);
                join(&[self.begin(attributes, &name), values(&attributes["input"])])
            }
            "RequestCancelExternalWorkflowExecutionInitiated" => {
                let name = text("workflow_id");
                join(&[self.begin(attributes, &name), text("reason")])
            }
            "StartChildWorkflowExecutionFailed"
            | "SignalExternalWorkflowExecutionFailed"
            | "RequestCancelExternalWorkflowExecutionFailed" => {
                join(&[self.of(attributes), text("cause").replace('_', " ")])
            }
            "ChildWorkflowExecutionCompleted" => join(&[self.of(attributes), result(attributes)]),
            "ChildWorkflowExecutionFailed" => join(&[self.of(attributes), failure_of(attributes)]),
            "ChildWorkflowExecutionStarted"
            | "ChildWorkflowExecutionCancelRequested"
            | "ChildWorkflowExecutionCanceled"
            | "ChildWorkflowExecutionTerminated"
            | "ChildWorkflowExecutionTimedOut"
            | "ExternalWorkflowExecutionSignaled"
            | "ExternalWorkflowExecutionCancelRequested" => self.of(attributes),
            "MarkerRecorded" => short(&attributes["marker"]),
            "UpsertWorkflowSearchAttributes" => short(&attributes["search_attributes"]),
            "WorkflowPropertiesModified" => short(&attributes["upserted_memo"]),
            "WorkflowExecutionCanceled" => values(&attributes["details"]),
            _ => short(attributes),
        }
    }

    /// An operation that begins: its number and name.
    fn begin(&mut self, attributes: &Value, name: &str) -> String {
        self.begin_as("operation", attributes, name)
    }

    /// The same, where the attribute with the number has another name.
    fn begin_as(&mut self, attribute: &str, attributes: &Value, name: &str) -> String {
        let number = attributes[attribute].as_u64().unwrap_or_default();
        let told = format!("#{number} {name}");
        self.operations.insert(number, told.clone());
        told
    }

    /// An operation that began before.
    fn of(&self, attributes: &Value) -> String {
        let number = attributes["operation"].as_u64().unwrap_or_default();
        self.operations.get(&number).cloned().unwrap_or_else(|| format!("#{number}"))
    }
}

fn join(parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

fn quoted(summary: &str) -> String {
    if summary.is_empty() { String::new() } else { format!("“{summary}”") }
}

fn values(list: &Value) -> String {
    match list.as_array() {
        Some(values) if !values.is_empty() => values.iter().map(short).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}

fn result(attributes: &Value) -> String {
    attributes.get("result").map_or_else(String::new, |result| format!("→ {}", short(result)))
}

fn failure_of(attributes: &Value) -> String {
    failures(&attributes["failure"])
}

fn failures(failure: &Value) -> String {
    let causes = std::iter::successors(Some(failure), |failure| {
        failure.get("cause").filter(|cause| cause.is_object())
    });
    causes.map(failure::headline).collect::<Vec<_>>().join(": ")
}

/// What an update came to.
fn outcome(outcome: &Value) -> String {
    match outcome.get("failed") {
        Some(failure) => failures(failure),
        None => format!("→ {}", short(&outcome["completed"])),
    }
}

/// The run that follows.
fn goes_on(attributes: &Value) -> String {
    attributes["new_run_id"].as_str().map_or_else(String::new, |run| format!("→ run {run}"))
}

fn attempts(attributes: &Value) -> String {
    match attributes["attempt"].as_u64() {
        Some(attempts) if attempts > 1 => format!("after {attempts} attempts"),
        _ => String::new(),
    }
}

fn short(value: &Value) -> String {
    output::one_line(&value.to_string(), PAYLOAD_CHARACTERS_MAX)
}

/// `PT1.5S` as `1.5s`, with larger units for longer ones.
pub(crate) fn duration(iso: &str) -> String {
    let Some(seconds) = iso.strip_prefix("PT").and_then(|iso| iso.strip_suffix('S')) else {
        return iso.to_owned();
    };
    let Ok(whole) = seconds.parse::<u64>() else { return format!("{seconds}s") };
    let mut rest = whole;
    let mut parts = Vec::new();
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)] {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn later_events_name_what_began_before() {
        let mut narrator = Narrator::default();
        let mut tell = |kind: &str, attributes: Value| {
            narrator.details(&json!({"type": kind, "attributes": attributes}))
        };
        let scheduled =
            json!({"operation": 1, "activity_type": "charge", "input": [{"cents": 5}], "summary": "card"});
        assert_eq!(tell("ActivityTaskScheduled", scheduled), "#1 charge “card” {\"cents\":5}");
        assert_eq!(tell("TimerStarted", json!({"operation": 2, "start_to_fire": "PT3600S"})), "#2 1h");
        assert_eq!(tell("TimerFired", json!({"operation": 2})), "#2 1h");
        let completed = json!({"operation": 1, "result": "paid", "attempt": 1});
        assert_eq!(tell("ActivityTaskCompleted", completed), "#1 charge → \"paid\"");
        assert_eq!(tell("ActivityTaskCompleted", json!({"operation": 9, "attempt": 1})), "#9");
    }

    #[test]
    fn failures_are_told_with_their_causes() {
        let failure =
            json!({"message": "a", "kind": {}, "cause": {"message": "b", "kind": {}, "cause": null}});
        let event = json!({"type": "ActivityTaskFailed", "attributes": {"operation": 1, "failure": failure, "attempt": 3}});
        assert_eq!(Narrator::default().details(&event), "#1 a: b after 3 attempts");
    }

    #[test]
    fn children_and_updates_are_told() {
        let mut narrator = Narrator::default();
        let mut tell = |kind: &str, attributes: Value| {
            narrator.details(&json!({"type": kind, "attributes": attributes}))
        };
        let child = json!({"started": 1, "closed": 2, "workflow_type": "line", "workflow_id": "line-1", "input": [7]});
        assert_eq!(tell("StartChildWorkflowExecutionInitiated", child), "#2 line line-1 7");
        let completed = json!({"operation": 2, "run_id": "r", "result": true});
        assert_eq!(tell("ChildWorkflowExecutionCompleted", completed), "#2 line line-1 → true");
        let accepted = json!({"update_id": "u", "name": "add", "input": [1]});
        assert_eq!(tell("WorkflowExecutionUpdateAccepted", accepted), "u add 1");
        let outcome = json!({"failed": {"message": "no room", "kind": {}, "cause": null}});
        let failed = json!({"update_id": "u", "outcome": outcome});
        assert_eq!(tell("WorkflowExecutionUpdateCompleted", failed), "u no room");
        let next = json!({"new_run_id": "s", "input": [3]});
        assert_eq!(tell("WorkflowExecutionContinuedAsNew", next), "→ run s 3");
    }

    #[test]
    fn unknown_events_show_their_attributes() {
        let event = json!({"type": "SomethingNew", "attributes": {"a": 1}});
        assert_eq!(Narrator::default().details(&event), "{\"a\":1}");
    }

    #[test]
    fn durations_are_for_people() {
        for (iso, told) in
            [("PT0S", "0s"), ("PT1.5S", "1.5s"), ("PT90S", "1min 30s"), ("PT604800S", "7d"), ("P1D", "P1D")]
        {
            assert_eq!(duration(iso), told);
        }
    }
}
