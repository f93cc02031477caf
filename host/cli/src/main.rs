//! The `dalsegno` command: serves a host, and talks to one.
//!
//! It parses, calls and prints, and knows nothing of how runs live: a client of its own could do all it does but
//! for `serve`, `test-server`, `replay`, `new` and `build`. Read `args` for what a user may type, `commands` for what
//! each command does, a file each, `client` for how a host is asked, `error` for how a command fails.
//!
//! **Invariant:** stdout is data, everything else goes to stderr.

mod args;
mod client;
mod commands;
mod embedded;
mod error;
mod events;
mod failure;
mod input;
mod language;
mod output;
mod retry;
mod stream;
mod table;

use std::process::ExitCode;

use args::Cli;

fn main() -> ExitCode {
    dalsegno_sandbox::compile_child_main();
    let cli = Cli::typed();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.tell(),
    }
}
