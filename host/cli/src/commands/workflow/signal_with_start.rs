//! `dalsegno workflow signal-with-start`

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    Session,
    start::{Body, NewWorkflow, show},
};
use crate::{error::CliError, input};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow signal-with-start item_added --signal-input '[\"pear\"]' --type cart --workflow-id cart-1

An open workflow of the id is signalled, unless --id-conflict-policy says otherwise; else one is started with the \
signal, in one step.";

/// Which signal, and what to start.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SignalWithStartArgs {
    /// The name of the signal
    #[arg(value_parser = input::id)]
    name: String,
    /// The arguments of the signal, a JSON array: one element for each
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    signal_input: Option<String>,
    #[command(flatten)]
    workflow: NewWorkflow,
}

#[derive(Serialize)]
struct Both<'a> {
    #[serde(flatten)]
    start: Body<'a>,
    signal_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal_input: Option<Box<RawValue>>,
}

pub(crate) async fn run(args: &SignalWithStartArgs, session: &Session) -> Result<(), CliError> {
    let signal_input = input::optional_arguments("--signal-input", args.signal_input.as_deref())?;
    let body = Both { start: args.workflow.body()?, signal_name: &args.name, signal_input };
    let call = session.client.post(&["workflows:signal-with-start"], &body)?;
    show(&session.client.send(&call).await?, session)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Test {
        #[command(flatten)]
        args: SignalWithStartArgs,
    }

    #[test]
    fn the_signal_stands_beside_the_start() {
        let words = [
            "test",
            "add",
            "--type",
            "cart",
            "--request-id",
            "r",
            "--signal-input",
            "[ 1.0 ]",
            "--input",
            "[]",
        ];
        let args = Test::try_parse_from(words).expect("it is right").args;
        let signal_input = input::optional_arguments("--signal-input", args.signal_input.as_deref());
        let body = Both {
            start: args.workflow.body().expect("it is right"),
            signal_name: &args.name,
            signal_input: signal_input.expect("it is an array"),
        };
        let expected = concat!(
            r#"{"workflow_type":"cart","input":[],"request_id":"r","signal_name":"add","#,
            r#""signal_input":[ 1.0 ]}"#
        );
        assert_eq!(serde_json::to_string(&body).expect("plain data"), expected);
    }
}
