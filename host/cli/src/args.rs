//! What a user may type.

use clap::{
    Args, CommandFactory as _, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ContextValue},
};

use crate::commands::{
    build::BuildArgs, module::ModuleCommand, new::NewArgs, replay::ReplayArgs, serve::ServeArgs,
    test_server::TestServerArgs, workflow::WorkflowCommand,
};

const EXAMPLES: &str = "\
Examples:
  dalsegno new --language python hello
  dalsegno build hello
  dalsegno serve
  dalsegno module upload hello/dist/hello.wasm
  dalsegno workflow execute --type hello --workflow-id hello-1 --input '[\"World\"]'
  dalsegno workflow history hello-1

Exit codes: 0 done, 1 the operation failed, 2 wrong usage. Data goes to stdout, everything else to stderr.";

/// Durable workflows as WebAssembly components: serve a host, and talk to one.
#[derive(Debug, Parser)]
#[command(name = "dalsegno", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The host to talk to.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "DALSEGNO_ADDRESS",
        default_value = "http://127.0.0.1:7400"
    )]
    pub(crate) address: String,
    /// The namespace of modules and workflows.
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "DALSEGNO_NAMESPACE",
        default_value = "default",
        value_parser = crate::input::id
    )]
    pub(crate) namespace: String,
    /// Text for people, or the JSON that the host answers.
    #[arg(long, global = true, value_name = "FORM", env = "DALSEGNO_OUTPUT", default_value = "text")]
    pub(crate) output: Form,
}

/// How data is written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Everything there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a host: the HTTP interface, the store, the sandbox and the activities
    Serve(ServeArgs),
    /// Make a project for workflows in Rust, Python, TypeScript, Go or C
    New(NewArgs),
    /// Build a project into a component, and check it, whatever its language
    Build(BuildArgs),
    /// Upload and list modules, the components that workflow types are in
    #[command(subcommand, arg_required_else_help = true)]
    Module(ModuleCommand),
    /// Start workflows, talk to them, and look at them
    #[command(subcommand, arg_required_else_help = true)]
    Workflow(WorkflowCommand),
    /// Run a host for tests: in memory, with skipped time and activities that are stood in for
    TestServer(TestServerArgs),
    /// Check that a module repeats a history exactly, without a host
    Replay(ReplayArgs),
    /// Print every setting of `serve` with its default, as a configuration file
    #[command(
        after_help = "Example:\n  dalsegno config >dalsegno.toml && dalsegno serve --config dalsegno.toml"
    )]
    Config,
}

impl Cli {
    /// What the user typed. Ends the program if that is wrong, or asks for help.
    pub(crate) fn typed() -> Self {
        Self::try_parse().unwrap_or_else(|error| {
            // The usage would name what the environment sets, as if one had to type it.
            let typed = || without_environment(Self::command()).try_get_matches().err();
            let error = if error.use_stderr() { typed().unwrap_or(error) } else { error };
            with_whole_commands(error).exit()
        })
    }
}

/// Suggests `dalsegno workflow start` for `dalsegno start`, rather than a command that is only spelt alike.
fn with_whole_commands(mut error: clap::Error) -> clap::Error {
    let typed = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string);
    let root = Cli::command();
    let meant = root.get_subcommands().filter_map(|group| {
        let inner = group.get_subcommands().find(|inner| Some(inner.get_name()) == typed.as_deref())?;
        Some(format!("{} {} {}", root.get_name(), group.get_name(), inner.get_name()))
    });
    let meant: Vec<String> = meant.collect();
    if !meant.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(meant));
    }
    error
}

fn without_environment(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| arg.env(None)).mut_subcommands(without_environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_group_of_a_command_may_be_found_by_it() {
        for (typed, meant) in [
            (vec!["upload"], "'dalsegno module upload'"),
            (vec!["update", "a", "b"], "'dalsegno workflow update'"),
            (vec!["workflow", "upload"], "'dalsegno module upload'"),
            (vec!["list"], "'dalsegno module list', 'dalsegno workflow list'"),
            (vec!["biuld"], "'build'"),
        ] {
            let error = Cli::try_parse_from(["dalsegno"].iter().chain(&typed)).expect_err("no such command");
            let text = with_whole_commands(error).to_string();
            assert!(text.contains(meant), "{text}");
        }
    }

    /// Visits every command, with the words that lead to it.
    fn each(command: &clap::Command, path: &str, visit: &mut dyn FnMut(&str, &clap::Command)) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path = format!("{path} {}", inner.get_name());
            visit(&path, inner);
            each(inner, &path, visit);
        }
    }

    #[test]
    fn every_command_says_what_it_does_and_shows_how() {
        each(&Cli::command(), "dalsegno", &mut |path, command| {
            assert!(command.get_about().is_some(), "{path} has no description");
            let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let is_leaf = !command.has_subcommands();
            assert!(!is_leaf || example.contains(path), "{path} has no example of itself");
        });
    }

    #[test]
    fn every_option_says_what_it_means() {
        each(&Cli::command(), "dalsegno", &mut |path, command| {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{path} {} has no help", arg.get_id());
            }
        });
    }

    #[test]
    fn every_example_can_be_parsed() {
        each(&Cli::command(), "dalsegno", &mut |_, command| {
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines = examples.lines().map(str::trim).filter(|line| line.starts_with("dalsegno "));
            for line in lines {
                let words = words(line);
                let parsed = Cli::try_parse_from(&words);
                assert!(parsed.is_ok(), "{line}: {words:?}: {}", parsed.expect_err("it is wrong"));
            }
        });
    }

    /// As a shell would split it, up to what is the shell's.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quote = None;
        for c in line.chars() {
            match (quote, c) {
                (Some(open), c) if open == c => quote = None,
                (Some(_), c) => words.last_mut().expect("there is one").push(c),
                (None, '\'' | '"') => quote = Some(c),
                (None, '>' | '|' | '&') => break,
                (None, ' ') => words.push(String::new()),
                (None, c) => words.last_mut().expect("there is one").push(c),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}
