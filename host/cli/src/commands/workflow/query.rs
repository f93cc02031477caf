//! `dalsegno workflow query`

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{RunArgs, Session};
use crate::{
    client::Answer,
    error::CliError,
    input::{self, InputArgs},
};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow query approval-1 status
  dalsegno workflow query approval-1 __metadata

Every workflow answers __metadata (its handlers) and __stack_trace (what it waits for).";

/// Which query.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    run: RunArgs,
    /// The name of the query
    #[arg(value_parser = input::id)]
    name: String,
    #[command(flatten)]
    input: InputArgs,
    /// Which runs are not asked [default: none]
    #[arg(long, value_name = "CONDITION")]
    reject_condition: Option<RejectCondition>,
}

/// Which runs are not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum RejectCondition {
    /// All are asked
    None,
    /// Closed ones are not
    NotOpen,
    /// Closed ones are not, unless they completed
    NotCompletedCleanly,
}

#[derive(Default, Serialize)]
pub(super) struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject_condition: Option<RejectCondition>,
}

#[derive(Deserialize)]
struct Said {
    result: Box<RawValue>,
}

pub(crate) async fn run(args: &QueryArgs, session: &Session) -> Result<(), CliError> {
    let body = Body { input: args.input.read()?, reject_condition: args.reject_condition };
    let answer = ask(&args.run, &args.name, &body, session).await?;
    session.show(&answer, |answer| Ok(answer.json::<Said>()?.result.get().to_owned()))
}

/// Asks a run.
pub(super) async fn ask(
    run: &RunArgs,
    name: &str,
    body: &Body,
    session: &Session,
) -> Result<Answer, CliError> {
    let call = session.client.post(&run.path(&["queries", name]), body)?;
    session.client.send(&run.of_run(call)).await
}
