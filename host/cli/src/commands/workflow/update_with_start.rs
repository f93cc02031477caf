//! `dalsegno workflow update-with-start`

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    RunArgs, Session,
    obstacle::FIRST_WAIT,
    start::{Body, NewWorkflow},
    update::{Stage, UpdateHow},
    update_result,
};
use crate::{error::CliError, input, output};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow update-with-start add_item --update-input '[\"pear\"]' --type cart --workflow-id cart-1

An open workflow of the id is called, unless --id-conflict-policy says otherwise; else one is started with the \
update, in one step. If the validator rejects the update, nothing is started.

What the handler returns goes to stdout as JSON, the ids of the workflow to stderr.";

/// Which update, and what to start.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UpdateWithStartArgs {
    /// The name of the update
    #[arg(value_parser = input::id)]
    name: String,
    /// The arguments of the update, a JSON array: one element for each
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    update_input: Option<String>,
    #[command(flatten)]
    how: UpdateHow,
    #[command(flatten)]
    workflow: NewWorkflow,
}

#[derive(Serialize)]
struct Both<'a> {
    #[serde(flatten)]
    start: Body<'a>,
    update_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_input: Option<Box<RawValue>>,
    update_id: String,
    wait_for: Stage,
}

/// Whose update it is.
#[derive(Deserialize)]
struct Of {
    workflow_id: String,
    #[serde(default)]
    run_id: Option<String>,
}

pub(crate) async fn run(args: &UpdateWithStartArgs, session: &Session) -> Result<(), CliError> {
    let stage = args.how.stage();
    let body = Both {
        start: args.workflow.body()?,
        update_name: &args.name,
        update_input: input::optional_arguments("--update-input", args.update_input.as_deref())?,
        update_id: args.how.id()?,
        wait_for: stage,
    };
    let call = session.client.post(&["workflows:update-with-start"], &body)?.waiting(FIRST_WAIT);
    let mut answer = session.client.send(&call).await?;
    let Of { workflow_id, run_id } = answer.json()?;
    if let Some(run_id) = &run_id {
        output::note(&format!("workflow {workflow_id}, run {run_id}"));
    }
    let run = RunArgs { workflow_id, run_id };
    if stage == Stage::Completed {
        answer = update_result::wait(&run, answer, session).await?;
    }
    update_result::show(&run, &answer, session)
}
