//! `dalsegno workflow list`

use clap::Args;
use serde_json::Value;

use super::Session;
use crate::{args::Form, error::CliError, output, table};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow list
  dalsegno workflow list --query \"ExecutionStatus = 'running' AND WorkflowType = 'order'\"
  dalsegno workflow list --query \"Blocked = 'true'\" --output json

A query is `Field = 'value'`, joined by AND, over WorkflowId, WorkflowType, ExecutionStatus and Blocked. Statuses are \
running, completed, failed, cancelled, terminated, timed_out and continued_as_new.";

/// Which workflows.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArgs {
    /// Which ones [default: all]
    #[arg(long, value_name = "QUERY")]
    query: Option<String>,
    /// How many at most, up to 1000 [default: 100]
    #[arg(long, value_name = "NUMBER")]
    page_size: Option<u32>,
    /// Go on where another list ended
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
}

pub(crate) async fn run(args: &ListArgs, session: &Session) -> Result<(), CliError> {
    let call = session.client.get(&["workflows"]);
    let call = call.with("query", args.query.as_deref()).with("page_token", args.page_token.as_deref());
    let call = call.with("page_size", args.page_size.map(|size| size.to_string()));
    let answer = session.client.send(&call).await?;
    session.show(&answer, |answer| Ok(text(&answer.json()?)))?;
    let page: Value = answer.json()?;
    if let (Form::Text, Some(token)) = (session.form, page["next_page_token"].as_str()) {
        output::note(&format!("there are more: --page-token {token}"));
    }
    Ok(())
}

fn text(list: &Value) -> String {
    let runs = || list["workflows"].as_array().into_iter().flatten();
    let mut headings = vec!["workflow id", "type", "status", "started", "closed", "run id"];
    let attributed =
        runs().any(|run| run["search_attributes"].as_object().is_some_and(|all| !all.is_empty()));
    if attributed {
        headings.push("search attributes");
    }
    let mut rows = table::Rows::new(&headings);
    for run in runs() {
        let text = |name: &str| run[name].as_str().unwrap_or_default();
        let blocked = if run["blocked"].is_object() { ", blocked" } else { "" };
        let status = format!("{}{blocked}", text("status"));
        let (started, closed) = (table::time(text("start_time")), table::time(text("close_time")));
        let attributes = attributes(&run["search_attributes"]);
        let cells = [
            text("workflow_id"),
            text("workflow_type"),
            &status,
            &started,
            &closed,
            text("run_id"),
            &attributes,
        ];
        rows.add(cells.into_iter().take(headings.len()));
    }
    rows.text()
}

/// `Region="EU" Priority=3`; what names its type by its value.
fn attributes(all: &Value) -> String {
    let all = all.as_object().into_iter().flatten();
    let each = all.map(|(name, attribute)| format!("{name}={}", attribute.get("value").unwrap_or(attribute)));
    each.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_blocked_run_stands_out() {
        let run = json!({"workflow_id": "a", "workflow_type": "t", "status": "running", "run_id": "r",
            "start_time": "2026-01-02T03:04:05Z", "blocked": {"reason": "x", "since": "y"}});
        let text = text(&json!({"workflows": [run]}));
        let last = text.lines().last().expect("there is a run");
        assert_eq!(
            last.split_whitespace().collect::<Vec<_>>(),
            ["a", "t", "running,", "blocked", "2026-01-02T03:04:05Z", "r"]
        );
    }

    #[test]
    fn search_attributes_have_a_column_if_there_are_any() {
        let due = json!({"type": "datetime", "value": "2026-01-02T03:04:05Z"});
        let run = json!({"workflow_id": "a", "search_attributes": {"Due": due, "Region": "EU"}});
        let text = text(&json!({"workflows": [run, {"workflow_id": "b"}]}));
        assert!(text.lines().next().is_some_and(|line| line.ends_with("SEARCH ATTRIBUTES")), "{text}");
        assert!(text.contains("Due=\"2026-01-02T03:04:05Z\" Region=\"EU\""), "{text}");
    }
}
