//! `dalsegno workflow release`

use clap::Args;
use serde_json::json;

use super::{RunArgs, Session};
use crate::error::CliError;

const EXAMPLES: &str = "\
Example:
  dalsegno workflow release order-1

A run is blocked after its code failed the same way again; `describe` shows why. What came for it meanwhile is kept.";

/// Which workflow.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    run: RunArgs,
}

pub(crate) async fn run(args: &ReleaseArgs, session: &Session) -> Result<(), CliError> {
    let call = session.client.post(&args.run.path(&["release"]), &json!({}))?;
    let answer = session.client.send(&args.run.of_run(call)).await?;
    session.done(&answer, &format!("the workflow {} is tried again", args.run.name()))
}
