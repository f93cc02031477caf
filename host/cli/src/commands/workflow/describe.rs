//! `dalsegno workflow describe`

use clap::Args;
use serde_json::Value;

use super::{RunArgs, Session};
use crate::{
    error::CliError,
    events, failure, output,
    table::{self, Block},
};

/// Characters of a payload.
const PAYLOAD_CHARACTERS_MAX: usize = 200;

/// Which workflow.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dalsegno workflow describe order-1\n  dalsegno workflow describe order-1 --output json"
)]
pub(crate) struct DescribeArgs {
    #[command(flatten)]
    run: RunArgs,
}

pub(crate) async fn run(args: &DescribeArgs, session: &Session) -> Result<(), CliError> {
    let call = session.client.get(&args.run.path(&[]));
    let answer = session.client.send(&args.run.of_run(call)).await?;
    session.show(&answer, |answer| Ok(text(&answer.json()?)))
}

fn text(run: &Value) -> String {
    let mut text = main_block(run);
    for (heading, part) in [
        ("blocked", blocked(run)),
        ("the last activation failed", last_error(run)),
        ("failure", run.get("last_failure").map(failure::chain).unwrap_or_default()),
        ("pending activities", each(&run["pending_activities"], activity)),
        ("timers", each(&run["timers"], timer)),
        ("children", each(&run["children"], child)),
        ("asked of other runs", each(&run["external_operations"], external)),
        ("memo", fields(&run["memo"])),
        ("search attributes", fields(&run["search_attributes"])),
    ] {
        if !part.is_empty() {
            text.push_str(&format!("\n{heading}\n{}", output::visible(&part)));
        }
    }
    text
}

fn main_block(run: &Value) -> String {
    let field = |name: &str| run[name].as_str().unwrap_or_default().to_owned();
    let mut block = Block::default();
    for name in ["workflow_id", "run_id", "workflow_type", "status"] {
        block.add(name, field(name));
    }
    if run["cancel_requested"].as_bool() == Some(true) {
        block.add("cancelling", "asked to stop");
    }
    for name in ["start_time", "close_time", "expiration_time"] {
        block.add(name, table::time(&field(name)));
    }
    if run["first_activation_time"] != run["start_time"] {
        block.add("first_activation_time", table::time(&field("first_activation_time")));
    }
    for name in ["execution_timeout", "run_timeout", "start_delay"] {
        block.add(name, events::duration(&field(name)));
    }
    chain(run, &mut block);
    block.add("module", field("module"));
    block.add("task_queue", field("task_queue"));
    if run["input"].as_array().is_some_and(|input| !input.is_empty()) {
        block.add("input", short(&run["input"]));
    }
    let number = |name: &str| run[name].as_u64().unwrap_or_default();
    let (events, bytes) = (number("history_length"), number("history_bytes"));
    block.add("history", format!("{events} events, {bytes} bytes, {} activations", number("activations")));
    if number("updates") > 0 {
        let (updates, under_way) = (number("updates"), number("updates_in_flight"));
        block.add("updates", format!("{updates}, {under_way} of them under way"));
    }
    block.text()
}

/// What the run has to do with others.
fn chain(run: &Value, block: &mut Block) {
    let field = |name: &str| run[name].as_str().unwrap_or_default();
    if run["retry_policy"].is_object() {
        let attempt = run["attempt"].as_u64().unwrap_or_default();
        let of = match run["retry_policy"]["maximum_attempts"].as_u64() {
            Some(most) if most > 0 => format!(" of {most}"),
            _ => String::new(),
        };
        block.add("attempt", format!("{attempt}{of}"));
    }
    if field("first_run_id") != field("run_id") {
        block.add("first_run_id", field("first_run_id"));
    }
    for name in ["continued_run_id", "new_run_id"] {
        block.add(name, field(name));
    }
    for name in ["parent", "root"] {
        if let (Some(id), Some(run_id)) = (run[name]["workflow_id"].as_str(), run[name]["run_id"].as_str()) {
            block.add(name, format!("{id}, run {run_id}"));
        }
    }
}

fn blocked(run: &Value) -> String {
    let field = |name: &str| run["blocked"][name].as_str().unwrap_or_default();
    if !run["blocked"].is_object() {
        return String::new();
    }
    let since = table::time(field("since"));
    format!("{}  since {since}; `dalsegno workflow release` lets it try again\n", lines(field("reason")))
}

/// Of a blocked run it is the reason, which is told already.
fn last_error(run: &Value) -> String {
    let error = run["last_error"].as_str().filter(|_| !run["blocked"].is_object());
    lines(error.unwrap_or_default())
}

fn lines(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn each(list: &Value, tell: fn(&Value) -> String) -> String {
    list.as_array().into_iter().flatten().map(tell).collect()
}

fn activity(activity: &Value) -> String {
    let field = |name: &str| activity[name].as_str().unwrap_or_default();
    let attempt = activity["attempt"].as_u64().unwrap_or_default();
    let of = match activity["maximum_attempts"].as_u64() {
        Some(most) if most > 0 => format!(" of {most}"),
        _ => String::new(),
    };
    let state = field("state").replace('_', " ");
    let mut text =
        format!("  #{} {}  {state}, attempt {attempt}{of}", activity["operation"], field("activity_type"));
    if let Some(next) = activity["next_attempt_time"].as_str() {
        text.push_str(&format!(", next at {}", table::time(next)));
    }
    text.push_str(&summary(activity));
    text.push('\n');
    if let Some(last) = activity.get("last_failure") {
        text.push_str(&failure::chain(last).lines().map(|line| format!("    {line}\n")).collect::<String>());
    }
    text
}

fn timer(timer: &Value) -> String {
    let due = table::time(timer["due"].as_str().unwrap_or_default());
    format!("  #{}  due {due}{}\n", timer["operation"], summary(timer))
}

fn child(child: &Value) -> String {
    let field = |name: &str| child[name].as_str().unwrap_or_default();
    let is = |name: &str| child[name].as_bool() == Some(true);
    let state = match (is("awaited"), is("cancel_requested"), is("started")) {
        (false, ..) => "not waited for",
        (_, true, _) => "asked to stop",
        (_, _, true) => "running",
        _ => "being started",
    };
    let (operation, workflow_type, id) = (&child["operation"], field("workflow_type"), field("workflow_id"));
    format!("  #{operation} {workflow_type} {id}  {state}, run {}{}\n", field("run_id"), summary(child))
}

fn external(external: &Value) -> String {
    let what = match external["kind"].as_str() {
        Some("signal") => "to take a signal",
        Some("cancel") => "to stop",
        other => other.unwrap_or_default(),
    };
    format!("  #{}  {what}\n", external["operation"])
}

fn summary(of: &Value) -> String {
    of["summary"].as_str().map_or_else(String::new, |summary| format!("  “{summary}”"))
}

fn fields(map: &Value) -> String {
    let fields = map.as_object().into_iter().flatten();
    fields.map(|(name, value)| format!("  {name} = {}\n", short(value))).collect()
}

fn short(value: &Value) -> String {
    output::one_line(&value.to_string(), PAYLOAD_CHARACTERS_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_told_in_blocks() {
        let run = json!({
            "workflow_id": "order-1", "run_id": "r", "workflow_type": "order", "status": "running",
            "blocked": {"reason": "it panicked\n  at order", "since": "2026-01-02T03:04:05Z"},
            "last_error": "it panicked\n  at order",
            "start_time": "2026-01-02T03:04:05Z", "first_activation_time": "2026-01-02T03:04:05Z",
            "module": "sha256:0", "task_queue": "default", "input": [1],
            "history_length": 3, "history_bytes": 400, "activations": 1,
            "pending_activities": [{"operation": 1, "activity_type": "charge", "state": "scheduled", "attempt": 2,
                "maximum_attempts": 3, "next_attempt_time": "2026-01-02T03:04:06Z", "summary": "card",
                "last_failure": {"message": "no", "kind": {}}}],
            "timers": [{"operation": 2, "due": "2026-01-09T03:04:05Z"}],
            "memo": {"note": "urgent"}, "search_attributes": {},
        });
        let expected = "\
workflow_id    order-1
run_id         r
workflow_type  order
status         running
start_time     2026-01-02T03:04:05Z
module         sha256:0
task_queue     default
input          [1]
history        3 events, 400 bytes, 1 activations

blocked
  it panicked
    at order
  since 2026-01-02T03:04:05Z; `dalsegno workflow release` lets it try again

pending activities
  #1 charge  scheduled, attempt 2 of 3, next at 2026-01-02T03:04:06Z  “card”
      no

timers
  #2  due 2026-01-09T03:04:05Z

memo
  note = \"urgent\"
";
        assert_eq!(text(&run), expected);
    }

    #[test]
    fn the_others_of_a_run_are_told() {
        let run = json!({
            "workflow_id": "order-1", "run_id": "s", "first_run_id": "r", "continued_run_id": "r", "attempt": 2,
            "retry_policy": {"maximum_attempts": 3}, "parent": {"workflow_id": "batch", "run_id": "p"},
            "updates": 4, "updates_in_flight": 1,
            "children": [{"operation": 3, "workflow_id": "line-1", "workflow_type": "line", "run_id": "c",
                "started": true, "cancel_requested": false, "awaited": true}],
            "external_operations": [{"operation": 5, "kind": "signal"}],
        });
        let text = text(&run);
        for line in [
            "attempt           2 of 3",
            "first_run_id      r",
            "continued_run_id  r",
            "parent            batch, run p",
            "updates           4, 1 of them under way",
            "  #3 line line-1  running, run c",
            "  #5  to take a signal",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
