//! `dalsegno workflow count`

use clap::Args;
use serde_json::Value;

use super::Session;
use crate::error::CliError;

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow count
  dalsegno workflow count --query \"ExecutionStatus = 'failed'\"";

/// Which workflows.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CountArgs {
    /// Which ones, as for `list` [default: all]
    #[arg(long, value_name = "QUERY")]
    query: Option<String>,
}

pub(crate) async fn run(args: &CountArgs, session: &Session) -> Result<(), CliError> {
    let call = session.client.get(&["workflows:count"]).with("query", args.query.as_deref());
    let answer = session.client.send(&call).await?;
    session.show(&answer, |answer| Ok(answer.json::<Value>()?["count"].to_string()))
}
