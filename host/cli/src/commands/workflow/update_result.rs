//! `dalsegno workflow update-result`

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    RunArgs, Session,
    obstacle::{FIRST_WAIT, Obstacle, WAIT},
};
use crate::{
    args::Form, client::Answer, error::CliError, failure, input, output, retry::Contact, table::Block,
};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow update-result cart-1 pear-1
  dalsegno workflow update-result cart-1 pear-1 --no-wait

What the handler returned goes to stdout as JSON. If it failed, its failure goes to stderr, and the exit code is 1.";

/// Which update.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UpdateResultArgs {
    #[command(flatten)]
    run: RunArgs,
    /// The id of the update
    #[arg(value_parser = input::id)]
    update_id: String,
    /// Print how the update stands, instead of waiting for its outcome
    #[arg(long)]
    no_wait: bool,
}

/// What became of an update.
#[derive(Debug, Deserialize)]
pub(super) struct Updated {
    pub(super) update_id: String,
    #[serde(default)]
    pub(super) run_id: Option<String>,
    status: String,
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    failure: Option<Value>,
}

pub(crate) async fn run(args: &UpdateResultArgs, session: &Session) -> Result<(), CliError> {
    let call = args.run.of_run(session.client.get(&args.run.path(&["updates", &args.update_id])));
    let answer = if args.no_wait {
        session.client.send(&call).await?
    } else {
        let answer = session.client.send(&call.waiting(FIRST_WAIT)).await?;
        wait(&args.run, answer, session).await?
    };
    show(&args.run, &answer, session)
}

/// Waits for the outcome of an update that has been waited for already, however long.
pub(super) async fn wait(run: &RunArgs, mut answer: Answer, session: &Session) -> Result<Answer, CliError> {
    let (mut contact, mut obstacle) = (Contact::default(), Obstacle::default());
    loop {
        let Updated { update_id, status, .. } = answer.json()?;
        if status != "accepted" {
            return Ok(answer);
        }
        obstacle.tell(run, session).await;
        let call = run.of_run(session.client.get(&run.path(&["updates", &update_id]))).waiting(WAIT);
        match session.client.send_once(&call).await {
            Ok(next) => {
                contact.made();
                answer = next;
            }
            Err(error) => contact.lost(error).await?,
        }
    }
}

/// Shows what became of an update.
pub(super) fn show(run: &RunArgs, answer: &Answer, session: &Session) -> Result<(), CliError> {
    let updated: Updated = answer.json()?;
    if session.form == Form::Json {
        output::data(answer.text())?;
    } else if let Some(text) = text(&updated) {
        output::data(&text)?;
    }
    match &updated.failure {
        None => Ok(()),
        Some(failure) => {
            let became = if updated.status == "rejected" { "was rejected" } else { "failed" };
            let (name, chain) = (run.name(), failure::chain(failure));
            Err(CliError::Failed(format!("the update {} of {name} {became}\n{chain}", updated.update_id)))
        }
    }
}

/// What there is to print: a result, or that there is none yet.
fn text(updated: &Updated) -> Option<String> {
    match updated.status.as_str() {
        "accepted" => {
            let mut block = Block::default();
            block.add("update_id", updated.update_id.as_str());
            block.add("run_id", updated.run_id.as_deref().unwrap_or_default());
            block.add("status", updated.status.as_str());
            Some(block.text())
        }
        _ if updated.failure.is_some() => None,
        _ => Some(updated.result.as_deref().map_or("null", RawValue::get).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> Option<String> {
        text(&serde_json::from_str(json).expect("it is right"))
    }

    #[test]
    fn a_result_is_kept_byte_for_byte() {
        let completed =
            r#"{"update_id": "u", "run_id": "r", "status": "completed", "result": { "n": 1.50 }}"#;
        assert_eq!(told(completed).as_deref(), Some("{ \"n\": 1.50 }"));
        let nothing = r#"{"update_id": "u", "run_id": "r", "status": "completed", "result": null}"#;
        assert_eq!(told(nothing).as_deref(), Some("null"));
    }

    #[test]
    fn what_has_no_outcome_says_how_it_stands() {
        let accepted = r#"{"update_id": "u", "run_id": "r", "status": "accepted"}"#;
        assert_eq!(told(accepted).as_deref(), Some("update_id  u\nrun_id     r\nstatus     accepted\n"));
        let failure = r#"{"update_id": "u", "status": "rejected", "failure": {"message": "no", "kind": {}}}"#;
        assert_eq!(told(failure), None);
    }
}
