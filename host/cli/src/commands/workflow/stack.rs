//! `dalsegno workflow stack`

use clap::Args;
use serde_json::Value;

use super::{
    RunArgs, Session,
    query::{self, Body},
};
use crate::{error::CliError, output};

/// The query that every SDK answers.
const STACK_TRACE: &str = "__stack_trace";

/// Of which workflow.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dalsegno workflow stack order-1")]
pub(crate) struct StackArgs {
    #[command(flatten)]
    run: RunArgs,
}

pub(crate) async fn run(args: &StackArgs, session: &Session) -> Result<(), CliError> {
    let answer = query::ask(&args.run, STACK_TRACE, &Body::default(), session).await?;
    let json: Value = answer.json()?;
    let result = &json["result"];
    let text = result.as_str().map_or_else(|| result.to_string(), ToOwned::to_owned);
    if text.is_empty() {
        let name = args.run.name();
        output::note(&format!(
            "nothing waits in it any more: `dalsegno workflow describe {name}` tells how it ended"
        ));
    }
    session.show(&answer, |_| Ok(output::visible(&text).into_owned()))
}
