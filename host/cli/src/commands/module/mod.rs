//! `dalsegno module`

pub(super) mod describe;
mod list;
mod upload;

use clap::Subcommand;
use serde_json::Value;

use super::Session;
use crate::error::CliError;

/// What can be done with modules.
#[derive(Debug, Subcommand)]
pub(crate) enum ModuleCommand {
    /// Upload a component, and have new runs of its workflow types use it
    Upload(upload::UploadArgs),
    /// List the modules, the newest first
    #[command(after_help = "Example:\n  dalsegno module list")]
    List,
    /// Show a module: its workflow types, and which of them run it
    Describe(describe::DescribeArgs),
}

pub(crate) async fn run(command: ModuleCommand, session: &Session) -> Result<(), CliError> {
    match command {
        ModuleCommand::Upload(args) => upload::run(args, session).await,
        ModuleCommand::List => list::run(session).await,
        ModuleCommand::Describe(args) => describe::run(&args, session).await,
    }
}

/// The texts of an array, joined.
fn names(list: &Value) -> String {
    let names = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.collect::<Vec<_>>().join(", ")
}

/// The workflow types of a module, joined.
fn types(module: &Value) -> String {
    let workflows = module["workflows"].as_array().into_iter().flatten();
    workflows.filter_map(|workflow| workflow["name"].as_str()).collect::<Vec<_>>().join(", ")
}
