//! `dalsegno workflow result`

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    RunArgs, Session,
    obstacle::{FIRST_WAIT, Obstacle, WAIT},
};
use crate::{
    args::Form,
    client::{Answer, Call},
    error::CliError,
    failure, output,
    retry::Contact,
};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow result order-1
  dalsegno workflow result order-1 --no-wait
  dalsegno workflow result order-1 --run-id 0198a3a0-0000-7000-8000-000000000000 --no-follow

The result goes to stdout as JSON. If the workflow did not complete, its failure goes to stderr, and the exit code is \
1.";

/// Whose result.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ResultArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Fail if the workflow is still running, instead of waiting for its end
    #[arg(long)]
    no_wait: bool,
    /// Tell the end of this run, not of the one that follows if it continues as new or is tried again
    #[arg(long)]
    no_follow: bool,
}

/// How a run ended.
#[derive(Deserialize)]
struct Ended {
    status: String,
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    failure: Option<Value>,
    #[serde(default)]
    new_run_id: Option<String>,
}

pub(crate) async fn run(args: &ResultArgs, session: &Session) -> Result<(), CliError> {
    let call = question(&args.run, session).with("follow", args.no_follow.then_some("false"));
    if !args.no_wait {
        let answer = wait(&args.run, &call, None, session).await?;
        return show(&args.run, &answer, session);
    }
    let answer = session.client.send(&call).await?;
    if answer.status == 202 {
        return Err(CliError::Failed(format!("the workflow {} is still running", args.run.name())));
    }
    show(&args.run, &answer, session)
}

fn question(run: &RunArgs, session: &Session) -> Call {
    run.of_run(session.client.get(&run.path(&["result"])))
}

/// Waits for the end of a run and those that follow it, however long, and shows it.
pub(super) async fn wait_and_show(run: &RunArgs, session: &Session) -> Result<(), CliError> {
    let answer = wait(run, &question(run, session), Some(Contact::default()), session).await?;
    show(run, &answer, session)
}

/// A host that has not answered yet is probably not there at all: then there is no `contact`.
async fn wait(
    run: &RunArgs,
    question: &Call,
    mut contact: Option<Contact>,
    session: &Session,
) -> Result<Answer, CliError> {
    let mut obstacle = Obstacle::default();
    let mut call = question.clone().waiting(FIRST_WAIT);
    loop {
        let asked = match contact {
            None => session.client.send(&call).await,
            Some(_) => session.client.send_once(&call).await,
        };
        match (asked, &mut contact) {
            (Ok(answer), contact) => {
                contact.get_or_insert_default().made();
                if answer.status != 202 {
                    return Ok(answer);
                }
                obstacle.tell(run, session).await;
                call = question.clone().waiting(WAIT);
            }
            (Err(error), Some(contact)) => contact.lost(error).await?,
            (Err(error), None) => return Err(error),
        }
    }
}

fn show(run: &RunArgs, answer: &Answer, session: &Session) -> Result<(), CliError> {
    let ended: Ended = answer.json()?;
    let completed = ended.status == "completed";
    if session.form == Form::Json {
        output::data(answer.text())?;
    } else if completed {
        output::data(ended.result.as_deref().map_or("null", RawValue::get))?;
    }
    if completed { Ok(()) } else { Err(CliError::Failed(told(run.name(), &ended))) }
}

/// What became of a run that did not complete.
fn told(workflow_id: &str, ended: &Ended) -> String {
    let became = match ended.status.as_str() {
        "failed" => "failed",
        "cancelled" => "was cancelled",
        "terminated" => "was terminated",
        "timed_out" => "ran out of its time",
        "continued_as_new" => "continued as new",
        other => return format!("the workflow {workflow_id} ended as {other}"),
    };
    let chain = ended.failure.as_ref().map(failure::chain).unwrap_or_default();
    let next = ended.new_run_id.as_ref().map(|next| format!(", and goes on in run {next}"));
    format!("the workflow {workflow_id} {became}{}\n{chain}", next.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_workflow_is_told_with_its_causes() {
        let ended: Ended = serde_json::from_str(
            r#"{"status": "failed", "run_id": "r", "failure": {"message": "no", "kind": {}, "cause":
                {"message": "because", "kind": {}}}}"#,
        )
        .expect("it is right");
        let expected = "the workflow order-1 failed\n  no\n    caused by: because\n";
        assert_eq!(told("order-1", &ended), expected);
    }

    #[test]
    fn a_run_that_goes_on_in_another_one_names_it() {
        let ended: Ended =
            serde_json::from_str(r#"{"status": "continued_as_new", "run_id": "r", "new_run_id": "s"}"#)
                .expect("it is right");
        assert_eq!(told("loop", &ended), "the workflow loop continued as new, and goes on in run s\n");
    }

    #[test]
    fn a_result_is_kept_byte_for_byte() {
        let ended: Ended =
            serde_json::from_str(r#"{"status": "completed", "result": { "a":1.0 }}"#).expect("it is right");
        assert_eq!(ended.result.expect("it is there").get(), "{ \"a\":1.0 }");
    }
}
