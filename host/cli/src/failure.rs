//! Failures as people read them: a chain of causes.

use serde_json::Value;

/// Causes that are shown.
const CAUSES_MAX: usize = 32;
/// Lines of a stack trace that are shown.
const STACK_LINES_MAX: usize = 12;

/// A failure and its causes, indented, each with what it is and where it came from.
pub(crate) fn chain(failure: &Value) -> String {
    let mut text = String::new();
    let mut next = Some(failure);
    for depth in 0..CAUSES_MAX {
        let Some(failure) = next.filter(|failure| failure.is_object()) else { break };
        let indent = "  ".repeat(depth + 1);
        let lead = if depth == 0 { "" } else { "caused by: " };
        let lines = headline(failure);
        let mut lines = lines.lines();
        text.push_str(&format!("{indent}{lead}{}\n", lines.next().unwrap_or_default()));
        for line in lines {
            text.push_str(&format!("{indent}{line}\n"));
        }
        for line in stack(failure) {
            text.push_str(&format!("{indent}  {line}\n"));
        }
        next = failure.get("cause");
    }
    text
}

/// A failure in one line, without its causes.
pub(crate) fn headline(failure: &Value) -> String {
    let message = failure["message"].as_str().unwrap_or_default();
    let about = about(&failure["kind"]);
    match (message.is_empty(), about.is_empty()) {
        (true, true) => "a failure that says nothing".to_owned(),
        (true, false) => about,
        (false, true) => message.to_owned(),
        (false, false) => format!("{message} ({about})"),
    }
}

/// What its kind tells beside the message.
fn about(kind: &Value) -> String {
    let Some((name, inner)) = kind.as_object().and_then(|kind| kind.iter().next()) else {
        return String::new();
    };
    let text = |field: &str| inner[field].as_str().unwrap_or_default();
    let retry_state = || text("retry_state").replace('_', " ");
    match name.as_str() {
        "application" => {
            let not_retried = inner["non_retryable"].as_bool() == Some(true);
            let parts = [text("type"), if not_retried { "not retryable" } else { "" }];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        }
        "activity" => {
            let attempts = inner["attempts"].as_u64().unwrap_or_default();
            let times = if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") };
            format!("activity {}, {times}, {}", text("activity_type"), retry_state())
        }
        "child_workflow" => {
            let (name, id) = (text("workflow_type"), text("workflow_id"));
            format!("child workflow {name} with the id {id}, {}", retry_state())
        }
        "timeout" => format!("timeout {}", text("kind").replace('_', " ")),
        other => other.replace('_', " "),
    }
}

fn stack(failure: &Value) -> impl Iterator<Item = &str> {
    let lines = failure["stack_trace"].as_str().unwrap_or_default().lines();
    lines.filter(|line| !line.trim().is_empty()).take(STACK_LINES_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn causes_are_indented_under_what_they_caused() {
        let failure = json!({
            "message": "the order failed", "stack_trace": "",
            "kind": {"application": {"type": "OrderFailed", "non_retryable": true, "details": [], "next_retry_delay": null}},
            "cause": {
                "message": "", "stack_trace": "", "kind": {"activity": {"activity_type": "charge", "activity_id": "1",
                    "attempts": 3, "retry_state": "maximum_attempts_reached"}},
                "cause": {"message": "no money\non the card", "stack_trace": "at charge\nat main", "cause": null,
                    "kind": {"application": {"type": "", "non_retryable": false}}},
            },
        });
        let lines = [
            "  the order failed (OrderFailed, not retryable)",
            "    caused by: activity charge, 3 attempts, maximum attempts reached",
            "      caused by: no money",
            "      on the card",
            "        at charge",
            "        at main",
        ];
        assert_eq!(chain(&failure).lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn unknown_kinds_are_shown_by_name() {
        let failure = json!({"message": "gone", "kind": {"some_news": {}}});
        assert_eq!(headline(&failure), "gone (some news)");
        assert_eq!(headline(&json!({})), "a failure that says nothing");
        let child = json!({"child_workflow": {"workflow_type": "parcel", "workflow_id": "p-1", "retry_state": "timeout"}});
        let expected = "child workflow parcel with the id p-1, timeout";
        assert_eq!(headline(&json!({"message": "", "kind": child})), expected);
        assert_eq!(
            headline(&json!({"message": "late", "kind": {"timeout": {"kind": "start_to_close"}}})),
            "late (timeout start to close)"
        );
    }
}
