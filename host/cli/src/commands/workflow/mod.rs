//! `dalsegno workflow`

mod cancel;
mod count;
mod describe;
mod execute;
mod follow;
mod history;
mod list;
mod obstacle;
mod query;
mod release;
mod result;
mod signal;
mod signal_with_start;
mod stack;
mod start;
mod terminate;
mod update;
mod update_result;
mod update_with_start;

use clap::{Args, Subcommand};

use super::Session;
use crate::{client::Call, error::CliError, input};

/// What can be done with workflows.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// Start a workflow, and print its ids
    Start(start::StartArgs),
    /// Start a workflow, wait for its end, and print its result
    Execute(execute::ExecuteArgs),
    /// Send a signal to a workflow
    Signal(signal::SignalArgs),
    /// Send a signal to a workflow, which is started with it if it is not open
    SignalWithStart(signal_with_start::SignalWithStartArgs),
    /// Call an update handler of a workflow, and print what it returns
    Update(update::UpdateArgs),
    /// Wait for the outcome of an update, and print it
    UpdateResult(update_result::UpdateResultArgs),
    /// Call an update handler of a workflow, which is started with it if it is not open
    UpdateWithStart(update_with_start::UpdateWithStartArgs),
    /// Ask a workflow, open or closed, and print its answer
    Query(query::QueryArgs),
    /// Wait for the end of a workflow, and print its result
    Result(result::ResultArgs),
    /// List workflows, the newest first
    List(list::ListArgs),
    /// Count workflows
    Count(count::CountArgs),
    /// Show how a workflow stands, and what it waits for
    Describe(describe::DescribeArgs),
    /// Print the history of a workflow; as JSON it is what `dalsegno replay` takes
    History(history::HistoryArgs),
    /// Print where the code of a workflow stands
    Stack(stack::StackArgs),
    /// Ask a workflow to stop; it may clean up
    Cancel(cancel::CancelArgs),
    /// End a workflow at once; it has no say in it
    Terminate(terminate::TerminateArgs),
    /// Let a blocked or failing workflow try again now
    Release(release::ReleaseArgs),
}

/// Which run of which workflow.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// The id of the workflow
    #[arg(value_parser = input::id)]
    workflow_id: String,
    /// One of its runs [default: the newest]
    #[arg(long, value_name = "ID", value_parser = input::id)]
    run_id: Option<String>,
}

impl RunArgs {
    fn name(&self) -> &str {
        &self.workflow_id
    }

    /// The path below the namespace.
    fn path<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        ["workflows", &self.workflow_id].into_iter().chain(rest.iter().copied()).collect()
    }

    /// With the run, if the user named one.
    fn of_run(&self, call: Call) -> Call {
        call.with("run_id", self.run_id.as_deref())
    }
}

pub(crate) async fn run(command: WorkflowCommand, session: &Session) -> Result<(), CliError> {
    match command {
        WorkflowCommand::Start(args) => start::run(&args, session).await,
        WorkflowCommand::Execute(args) => execute::run(&args, session).await,
        WorkflowCommand::Signal(args) => signal::run(&args, session).await,
        WorkflowCommand::SignalWithStart(args) => signal_with_start::run(&args, session).await,
        WorkflowCommand::Update(args) => update::run(&args, session).await,
        WorkflowCommand::UpdateResult(args) => update_result::run(&args, session).await,
        WorkflowCommand::UpdateWithStart(args) => update_with_start::run(&args, session).await,
        WorkflowCommand::Query(args) => query::run(&args, session).await,
        WorkflowCommand::Result(args) => result::run(&args, session).await,
        WorkflowCommand::List(args) => list::run(&args, session).await,
        WorkflowCommand::Count(args) => count::run(&args, session).await,
        WorkflowCommand::Describe(args) => describe::run(&args, session).await,
        WorkflowCommand::History(args) => history::run(&args, session).await,
        WorkflowCommand::Stack(args) => stack::run(&args, session).await,
        WorkflowCommand::Cancel(args) => cancel::run(&args, session).await,
        WorkflowCommand::Terminate(args) => terminate::run(&args, session).await,
        WorkflowCommand::Release(args) => release::run(&args, session).await,
    }
}
