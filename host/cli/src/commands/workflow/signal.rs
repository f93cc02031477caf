//! `dalsegno workflow signal`

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{RunArgs, Session};
use crate::{
    commands::request_id,
    error::CliError,
    input::{self, InputArgs},
};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow signal approval-1 approve
  dalsegno workflow signal approval-1 approve --input '[{\"by\": \"Ada\"}]'";

/// Which signal.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SignalArgs {
    #[command(flatten)]
    run: RunArgs,
    /// The name of the signal
    #[arg(value_parser = input::id)]
    name: String,
    #[command(flatten)]
    input: InputArgs,
    /// A mark on the signal: a run takes a signal of the same mark once
    #[arg(long, value_name = "ID", value_parser = input::id)]
    request_id: Option<String>,
}

#[derive(Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Box<RawValue>>,
    request_id: String,
}

pub(crate) async fn run(args: &SignalArgs, session: &Session) -> Result<(), CliError> {
    let request_id = args.request_id.clone().map_or_else(request_id, Ok)?;
    let body = Body { input: args.input.read()?, request_id };
    let call = session.client.post(&args.run.path(&["signals", &args.name]), &body)?;
    let answer = session.client.send(&args.run.of_run(call)).await?;
    session.done(&answer, &format!("the signal {} is in the history of {}", args.name, args.run.name()))
}
