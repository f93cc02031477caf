//! `dalsegno workflow history --follow`

use std::time::Duration;

use serde_json::Value;

use super::{RunArgs, Session, history};
use crate::{
    args::Form,
    error::{CliError, Problem},
    events::Narrator,
    output,
    retry::Contact,
    stream::{Message, Messages},
};

/// A silence after which the connection counts as lost; the host is never silent for so long.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// A history that is being followed.
struct Follower<'a> {
    session: &'a Session,
    /// With its run id: the newest run may become another one.
    run: RunArgs,
    last: Option<u64>,
    narrator: Narrator,
    contact: Contact,
}

/// Prints events as they happen, until the run closes.
pub(super) async fn run(run: &RunArgs, session: &Session) -> Result<(), CliError> {
    let call = run.of_run(session.client.get(&run.path(&["result"]))).with("follow", Some("false"));
    let now: Value = session.client.send(&call).await?.json()?;
    let run_id = now["run_id"].as_str().map(ToOwned::to_owned);
    let run = RunArgs { run_id, ..run.clone() };
    let (narrator, contact) = (Narrator::default(), Contact::default());
    let mut follower = Follower { session, run, last: None, narrator, contact };
    loop {
        match follower.stream().await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => follower.contact.lost(error).await?,
        }
    }
}

impl Follower<'_> {
    /// Prints what one connection brings. True: nothing is left to come.
    async fn stream(&mut self) -> Result<bool, CliError> {
        let client = &self.session.client;
        let call = self.run.of_run(client.get(&self.run.path(&["history"]))).after_event(self.last);
        let mut response = client.stream(&call).await?;
        self.contact.made();
        if response.status().as_u16() == 204 {
            return Ok(true);
        }
        let mut messages = Messages::default();
        // A stream that ends may have told everything, or its host may stop: the next one tells.
        while let Ok(piece) = tokio::time::timeout(SILENCE_MAX, response.chunk()).await {
            let Some(piece) = piece.map_err(|error| client.lost(&error))? else { break };
            for message in messages.take(&piece)? {
                self.show(&message)?;
            }
        }
        Ok(false)
    }

    fn show(&mut self, message: &Message) -> Result<(), CliError> {
        if message.event == "problem" {
            let json: Value = serde_json::from_str(&message.data).unwrap_or_default();
            let status = json["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
            return Err(CliError::Refused(Box::new(Problem::read(status, message.data.as_bytes()))));
        }
        self.last = message.id.or(self.last);
        match self.session.form {
            Form::Json => output::data(&message.data),
            Form::Text => {
                let [id, time, kind, details] = history::cells(&message.data, &mut self.narrator);
                let line =
                    format!("{id:<5} {time:<24}  {kind:<30}  {}", output::one_line(&details, DETAILS_MAX));
                output::data(line.trim_end())
            }
        }
    }
}

/// Characters of an event's details.
const DETAILS_MAX: usize = 160;
