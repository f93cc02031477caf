//! `dalsegno workflow update`

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    RunArgs, Session,
    obstacle::FIRST_WAIT,
    update_result::{self, Updated},
};
use crate::{
    commands::request_id,
    error::CliError,
    input::{self, InputArgs},
};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow update cart-1 add_item --input '[{\"item\": \"pear\"}]'
  dalsegno workflow update cart-1 add_item --input '[{\"item\": \"pear\"}]' --update-id pear-1 --wait-for accepted
  dalsegno workflow update-result cart-1 pear-1

What the handler returns goes to stdout as JSON. If it fails, or the validator rejects the update, that goes to \
stderr, and the exit code is 1. Ctrl-C stops the waiting, not the update.";

/// Which update.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    run: RunArgs,
    /// The name of the update
    #[arg(value_parser = input::id)]
    name: String,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    how: UpdateHow,
}

/// What an update is known by, and waited for.
#[derive(Debug, Args)]
pub(super) struct UpdateHow {
    /// What the update will be known by: a workflow takes an update of the same id once
    #[arg(long, value_name = "ID", value_parser = input::id)]
    update_id: Option<String>,
    /// What to wait for [default: completed]
    #[arg(long, value_name = "STAGE")]
    wait_for: Option<Stage>,
}

/// How far an update is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(super) enum Stage {
    /// It is in the history; its id and status are printed
    Accepted,
    /// It has its outcome
    Completed,
}

impl UpdateHow {
    /// The id: without one, an answer that was lost could not be asked for again.
    pub(super) fn id(&self) -> Result<String, CliError> {
        self.update_id.clone().map_or_else(request_id, Ok)
    }

    /// What to wait for.
    pub(super) fn stage(&self) -> Stage {
        self.wait_for.unwrap_or(Stage::Completed)
    }
}

#[derive(Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Box<RawValue>>,
    update_id: String,
    wait_for: Stage,
}

pub(crate) async fn run(args: &UpdateArgs, session: &Session) -> Result<(), CliError> {
    let stage = args.how.stage();
    let body = Body { input: args.input.read()?, update_id: args.how.id()?, wait_for: stage };
    let call = session.client.post(&args.run.path(&["updates", &args.name]), &body)?;
    let call = args.run.of_run(call).waiting(FIRST_WAIT);
    let mut answer = session.client.send(&call).await?;
    let Updated { run_id, .. } = answer.json()?;
    if stage == Stage::Completed {
        let run = RunArgs { run_id: run_id.or(args.run.run_id.clone()), ..args.run.clone() };
        answer = update_result::wait(&run, answer, session).await?;
    }
    update_result::show(&args.run, &answer, session)
}
