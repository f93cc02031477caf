//! `dalsegno workflow terminate`

use clap::Args;
use serde::Serialize;

use super::{RunArgs, Session};
use crate::error::CliError;

const EXAMPLES: &str = "\
Example:
  dalsegno workflow terminate order-1 --reason 'it was a test'

The workflow's code does not run again, not even to clean up; `cancel` lets it.";

/// Which workflow, and why.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TerminateArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Why; the history keeps it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

pub(crate) async fn run(args: &TerminateArgs, session: &Session) -> Result<(), CliError> {
    let body = Body { reason: args.reason.as_deref() };
    // Once it has happened, the run is closed, or there is another run of the id.
    let call = session.client.post(&args.run.path(&["terminate"]), &body)?.not_repeatable();
    let answer = session.client.send(&args.run.of_run(call)).await?;
    session.done(&answer, &format!("the workflow {} is terminated", args.run.name()))
}
