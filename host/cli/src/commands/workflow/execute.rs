//! `dalsegno workflow execute`

use clap::Args;

use super::{
    RunArgs, Session, result,
    start::{NewWorkflow, Started},
};
use crate::{error::CliError, output};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow execute --type hello --input '[\"World\"]'
  dalsegno workflow execute --type order --workflow-id order-1 --input-file order.json | jq .total

The result goes to stdout as JSON. If the workflow does not complete, its failure goes to stderr, and the exit code is \
1. Ctrl-C stops the waiting, not the workflow.";

/// What to start, and how.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExecuteArgs {
    #[command(flatten)]
    workflow: NewWorkflow,
}

pub(crate) async fn run(args: &ExecuteArgs, session: &Session) -> Result<(), CliError> {
    let Started { workflow_id, run_id } = args.workflow.start(session).await?.json()?;
    output::note(&format!("workflow {workflow_id}, run {run_id}"));
    let run = RunArgs { workflow_id, run_id: Some(run_id) };
    result::wait_and_show(&run, session).await
}
