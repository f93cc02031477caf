//! `dalsegno workflow start`

use clap::{Args, ValueEnum};
use dalsegno_engine::{Millis, retry::RetryPolicy};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Session;
use crate::{
    client::Answer,
    commands::request_id,
    error::CliError,
    input::{self, InputArgs, Pair, Pairs},
    table::Block,
};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow start --type hello --input '[\"World\"]'
  dalsegno workflow start --type order --workflow-id order-1 --input-file order.json
  dalsegno workflow start --type order --memo 'note=\"urgent\"'
  dalsegno workflow start --type order --search-attribute 'Region=\"EU\"' \
    --search-attribute 'Due={\"type\": \"datetime\", \"value\": \"2026-01-02T03:04:05Z\"}'
  dalsegno workflow start --type import --retry-policy '{\"maximum_attempts\": 3}'
  dalsegno workflow start --type reminder --start-delay '2 hours' --execution-timeout 7d

A search attribute is true or false, a number, a text or a list of texts; a datetime and a text for words name their \
type.";

/// What to start, and how.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    pub(super) workflow: NewWorkflow,
}

/// A workflow to start.
#[derive(Debug, Args)]
pub(crate) struct NewWorkflow {
    /// The workflow type: its name within its module
    #[arg(long = "type", value_name = "TYPE", value_parser = input::id)]
    workflow_type: String,
    /// What it will be known by [default: the host makes one]
    #[arg(long, value_name = "ID", value_parser = input::id)]
    workflow_id: Option<String>,
    #[command(flatten)]
    input: InputArgs,
    /// A mark on the request: the same one again means the same run, not another
    #[arg(long, value_name = "ID", value_parser = input::id)]
    request_id: Option<String>,
    /// Whether closed runs of the workflow id allow another one [default: allow]
    #[arg(long, value_name = "POLICY")]
    id_reuse_policy: Option<ReusePolicy>,
    /// What happens if a run of the workflow id is open [default: fail]
    #[arg(long, value_name = "POLICY")]
    id_conflict_policy: Option<ConflictPolicy>,
    /// The most time for the workflow with all its runs [default: none]
    #[arg(long, value_name = "DURATION")]
    execution_timeout: Option<Millis>,
    /// The most time for this run [default: none]
    #[arg(long, value_name = "DURATION")]
    run_timeout: Option<Millis>,
    /// How long to wait before its code begins
    #[arg(long, value_name = "DURATION")]
    start_delay: Option<Millis>,
    /// How the workflow is tried again when it fails, each time as another run [default: not at all]
    #[arg(long, value_name = "JSON", value_parser = input::retry_policy)]
    retry_policy: Option<RetryPolicy>,
    /// A note that `describe` shows; repeat it for several
    #[arg(long, value_name = "NAME=JSON")]
    memo: Vec<Pair>,
    /// Something it can be found by; repeat it for several
    #[arg(long, value_name = "NAME=JSON")]
    search_attribute: Vec<Pair>,
    /// The digest of a module to use [default: the one deployed for the type]
    #[arg(long, value_name = "DIGEST")]
    module: Option<String>,
    /// Where its activities go unless they say otherwise [default: default]
    #[arg(long, value_name = "NAME", value_parser = input::id)]
    task_queue: Option<String>,
}

/// What closed runs of a workflow id mean to a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum ReusePolicy {
    /// Nothing: there may be another
    Allow,
    /// There may be another if the last did not complete
    FailedOnly,
    /// There may be no other
    Reject,
}

/// What an open run of a workflow id means to a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum ConflictPolicy {
    /// The new one is refused
    Fail,
    /// The open one is the answer
    UseExisting,
    /// The open one is terminated first
    TerminateExisting,
}

/// The request, as the host takes it.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    workflow_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Box<RawValue>>,
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_reuse_policy: Option<ReusePolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_conflict_policy: Option<ConflictPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_timeout: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_timeout: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_delay: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_policy: Option<&'a RetryPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<Pairs<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_attributes: Option<Pairs<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_queue: Option<&'a str>,
}

/// A run that was started, now or before.
#[derive(Debug, Deserialize)]
pub(crate) struct Started {
    pub(super) workflow_id: String,
    pub(super) run_id: String,
}

impl NewWorkflow {
    /// The request.
    pub(super) fn body(&self) -> Result<Body<'_>, CliError> {
        Ok(Body {
            workflow_type: &self.workflow_type,
            workflow_id: self.workflow_id.as_deref(),
            input: self.input.read()?,
            // Without a mark, an answer that was lost could not be asked for again.
            request_id: self.request_id.clone().map_or_else(request_id, Ok)?,
            id_reuse_policy: self.id_reuse_policy,
            id_conflict_policy: self.id_conflict_policy,
            execution_timeout: self.execution_timeout,
            run_timeout: self.run_timeout,
            start_delay: self.start_delay,
            retry_policy: self.retry_policy.as_ref(),
            memo: Pairs::new("--memo", &self.memo)?,
            search_attributes: Pairs::new("--search-attribute", &self.search_attribute)?,
            module: self.module.as_deref(),
            task_queue: self.task_queue.as_deref(),
        })
    }

    /// Starts it.
    pub(super) async fn start(&self, session: &Session) -> Result<Answer, CliError> {
        let call = session.client.post(&["workflows"], &self.body()?)?;
        session.client.send(&call).await
    }
}

pub(crate) async fn run(args: &StartArgs, session: &Session) -> Result<(), CliError> {
    show(&args.workflow.start(session).await?, session)
}

/// Prints the ids of a workflow that was started, or was there.
pub(super) fn show(answer: &Answer, session: &Session) -> Result<(), CliError> {
    session.show(answer, |answer| {
        let started: Started = answer.json()?;
        let mut block = Block::default();
        block.add("workflow_id", started.workflow_id);
        block.add("run_id", started.run_id);
        Ok(block.text())
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Test {
        #[command(flatten)]
        workflow: NewWorkflow,
    }

    fn body(words: &[&str]) -> String {
        let test = Test::try_parse_from(["test"].iter().chain(words)).expect("it is right");
        serde_json::to_string(&test.workflow.body().expect("it is right")).expect("plain data")
    }

    #[test]
    fn what_is_not_typed_is_not_sent() {
        let body = body(&["--type", "hello", "--request-id", "r"]);
        assert_eq!(body, r#"{"workflow_type":"hello","request_id":"r"}"#);
    }

    #[test]
    fn everything_typed_is_sent() {
        let words = [
            "--type",
            "order",
            "--workflow-id",
            "a/b",
            "--input",
            "[ 1.0 ]",
            "--request-id",
            "r",
            "--id-reuse-policy",
            "failed_only",
            "--id-conflict-policy",
            "use_existing",
            "--execution-timeout",
            "7 days",
            "--run-timeout",
            "PT1H",
            "--start-delay",
            "1500ms",
            "--retry-policy",
            r#"{"maximum_attempts": 3}"#,
            "--memo",
            "a={\"b\": 1.0}",
            "--search-attribute",
            "Region=\"EU\"",
            "--module",
            "sha256:0",
            "--task-queue",
            "q",
        ];
        let expected = concat!(
            r#"{"workflow_type":"order","workflow_id":"a/b","input":[ 1.0 ],"request_id":"r","#,
            r#""id_reuse_policy":"failed_only","id_conflict_policy":"use_existing","execution_timeout":"PT604800S","#,
            r#""run_timeout":"PT3600S","start_delay":"PT1.5S","#,
            r#""retry_policy":{"initial_interval":"PT1S","backoff_coefficient":2.0,"maximum_interval":null,"#,
            r#""maximum_attempts":3,"non_retryable_error_types":[]},"memo":{"a":{"b": 1.0}},"#,
            r#""search_attributes":{"Region":"EU"},"module":"sha256:0","task_queue":"q"}"#,
        );
        assert_eq!(body(&words), expected);
    }

    #[test]
    fn every_request_has_a_mark() {
        assert_ne!(body(&["--type", "hello"]), body(&["--type", "hello"]));
    }
}
