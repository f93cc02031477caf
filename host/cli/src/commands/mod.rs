//! What each command does: a file each.

pub(crate) mod build;
mod config;
mod local;
pub(crate) mod module;
pub(crate) mod new;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod test_server;
pub(crate) mod workflow;

use anyhow::Context as _;

use crate::{
    args::{Cli, Command, Form, Global},
    client::{Answer, Client},
    error::CliError,
    output,
};

/// What the commands that talk to a host have.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) form: Form,
}

/// Does what the user typed.
///
/// # Errors
/// [`CliError`] says what to tell, and how to end.
pub(crate) fn run(cli: Cli) -> Result<(), CliError> {
    let Cli { global, command } = cli;
    match command {
        Command::Serve(args) => serve::run(args),
        Command::TestServer(args) => test_server::run(args, &global),
        Command::Replay(args) => replay::run(&args, &global),
        Command::New(args) => new::run(&args),
        Command::Build(args) => build::run(&args, &global),
        Command::Config => config::run(),
        Command::Module(command) => talk(&global, async |session| module::run(command, session).await),
        Command::Workflow(command) => talk(&global, async |session| workflow::run(command, session).await),
    }
}

fn talk(global: &Global, run: impl AsyncFnOnce(&Session) -> Result<(), CliError>) -> Result<(), CliError> {
    let session = Session { client: Client::new(global)?, form: global.output };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the program cannot start its timers")?.block_on(run(&session))
}

impl Session {
    /// Writes an answer as it came, or as text.
    pub(crate) fn show(
        &self,
        answer: &Answer,
        text: impl FnOnce(&Answer) -> Result<String, CliError>,
    ) -> Result<(), CliError> {
        match self.form {
            Form::Json => output::data(answer.text()),
            Form::Text => output::data(&text(answer)?),
        }
    }

    /// Says that something was done; the answer has nothing to tell.
    pub(crate) fn done(&self, answer: &Answer, said: &str) -> Result<(), CliError> {
        match self.form {
            Form::Json => output::data(answer.text()),
            Form::Text => {
                output::note(said);
                Ok(())
            }
        }
    }
}

/// A mark that lets the host know a repeated request.
pub(crate) fn request_id() -> Result<String, CliError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the machine gives no randomness")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
