//! `dalsegno workflow cancel`

use clap::Args;
use serde::Serialize;

use super::{RunArgs, Session};
use crate::{commands::request_id, error::CliError, input};

const EXAMPLES: &str = "\
Example:
  dalsegno workflow cancel order-1 --reason 'the customer called'

The workflow is told once and may clean up; to end one that does not listen, terminate it.";

/// Which workflow, and why.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Why; the history keeps it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// A mark on the request
    #[arg(long, value_name = "ID", value_parser = input::id)]
    request_id: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    request_id: String,
}

pub(crate) async fn run(args: &CancelArgs, session: &Session) -> Result<(), CliError> {
    let request_id = args.request_id.clone().map_or_else(request_id, Ok)?;
    let body = Body { reason: args.reason.as_deref(), request_id };
    let call = session.client.post(&args.run.path(&["cancel"]), &body)?;
    let answer = session.client.send(&args.run.of_run(call)).await?;
    session.done(&answer, &format!("the workflow {} is asked to stop", args.run.name()))
}
