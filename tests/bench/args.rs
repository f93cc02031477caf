//! What can be asked of the benchmark.

use std::{path::PathBuf, str::FromStr};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::{backend::Backend, host::child::HostArgs};

/// Measures hosts, and what storage alone would allow, on this machine.
///
/// Each workload starts a real host as a child process, on a database of its own, and loads it over HTTP from the same
/// machine. The chains run alternately with a model of the limit: one writer that stores the same rows through the
/// same committing statements, without WebAssembly, HTTP or activities. What counts is the fraction of the model
/// reached in the same run; absolute figures change by half with what else the machine does.
///
/// Results are a table on stdout: the value, its target, their ratio (1 or more: met), and a mark. Progress is on
/// stderr.
#[derive(Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

const EXAMPLES: &str = "\
Before: build the guests and find Postgres, as `tests/run` does.
  export DALSEGNO_GUESTS=$(tests/toolchain/guests) DALSEGNO_POSTGRES_BIN=$(tests/toolchain/postgres)

Examples:
  bench                                        everything, on both backends, about ten minutes
  bench --quick                                everything, a few seconds each: does it work at all?
  bench chain --backend sqlite                 the chains on SQLite
  bench chain --chain 10,200 --seconds 30      one chain, long enough to attach a profiler to its host
  bench guest replay                           what needs no database
  bench --json figures.json                    also for programs, with facts of the machine";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves a host with the activities of the benchmark; started by the benchmark itself.
    #[command(hide = true)]
    Host(HostArgs),
}

/// What to measure, and how.
#[derive(ClapArgs)]
pub(crate) struct Settings {
    /// What to measure; everything if none is named.
    pub(crate) workloads: Vec<Workload>,
    /// Where hosts store.
    #[arg(long, value_enum, default_value_t = Backends::Both)]
    pub(crate) backend: Backends,
    /// Time of each measurement under load, in seconds.
    #[arg(long, default_value_t = 6.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    /// How often model and host take turns within that time.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Only these chains: STEPS,CLIENTS; may be repeated.
    #[arg(long = "chain", value_name = "STEPS,CLIENTS")]
    pub(crate) chains: Vec<Shape>,
    /// Also writes the results there.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Little of everything: to see that it works; the figures mean nothing.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Where databases are; has to be a real disk, since durability is what is measured.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Clients that start a workflow of so many activities in sequence and wait for its result, again and again.
    Chain,
    /// Clients that start workflows without waiting.
    Send,
    /// The way of a start and of a signal, each to its answer and to the activity that follows; guests in memory, and
    /// evicted.
    Signal,
    /// Queries of short and long histories.
    Query,
    /// Workflows of 1,000 activities at once.
    Fanout,
    /// Commits and history rows that a step costs.
    Commits,
    /// Memory of a resting guest.
    Memory,
    /// Histories read and repeated.
    Replay,
    /// Compiling, loading, instantiating and activating a guest.
    Guest,
}

/// The backends to measure.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backends {
    Sqlite,
    Postgres,
    Both,
}

impl Backends {
    pub(crate) fn all(self) -> &'static [Backend] {
        match self {
            Self::Sqlite => &[Backend::Sqlite],
            Self::Postgres => &[Backend::Postgres],
            Self::Both => &[Backend::Sqlite, Backend::Postgres],
        }
    }
}

/// A chain: workflows of so many steps, by so many clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) steps: u64,
    pub(crate) clients: usize,
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(',').and_then(|(steps, clients)| {
            Some(Self { steps: steps.trim().parse().ok()?, clients: clients.trim().parse().ok()? })
        });
        let is_sensible = |shape: &Self| shape.steps > 0 && shape.clients > 0;
        parsed.filter(is_sensible).ok_or_else(|| "is not STEPS,CLIENTS, like 10,200".to_owned())
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "chain({}, {})", self.steps, self.clients)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.1..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "use a number of seconds from 0.1 to 3600".to_owned())
}
