//! The child process: a component from standard input, an artifact to standard output.

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
};

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::to_artifact;
use crate::{CompileError, Refused, SandboxError, limits};

/// Set for a child that compiles; says how.
pub(super) const VARIABLE: &str = "DALSEGNO_COMPILE";

/// What the parent wants, in the environment variable.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// Of the guests that will be made.
    pub(super) memory_bytes_max: usize,
    /// Of the compiler.
    pub(super) compile_memory_bytes_max: u64,
    /// Of the compiler, on one processor.
    pub(super) cpu_seconds_max: u64,
    /// A file of functions that may be known already.
    pub(super) functions: Option<PathBuf>,
}

/// How a child ends; anything else is a crash.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Verdict {
    Compiled,
    Incompatible(String),
    Malformed(String),
    TooDemanding(String),
    Failed(String),
}

/// Compiles and exits if this process was started to compile; else returns at once.
///
/// Every program that embeds the sandbox calls it first thing in `main`.
pub fn compile_child_main() {
    let Some(order) = std::env::var_os(VARIABLE) else { return };
    let verdict = serve(&order.to_string_lossy());
    // Standard error carries the verdict alone, since the parent is the only reader.
    let line = serde_json::to_string(&verdict).unwrap_or_default();
    let told = std::io::stderr().write_all(line.as_bytes());
    std::process::exit(i32::from(told.is_err()));
}

/// Refuses to go on in a process that should have compiled.
pub(crate) fn check_not_child() -> Result<(), SandboxError> {
    match std::env::var_os(VARIABLE) {
        None => Ok(()),
        Some(_) => Err(SandboxError::CompilerChild),
    }
}

fn serve(order: &str) -> Verdict {
    match compile(order) {
        Ok(()) => Verdict::Compiled,
        Err(CompileError::Refused(refused)) => match refused {
            Refused::Incompatible(message) => Verdict::Incompatible(cut(message)),
            Refused::TooDemanding(message) => Verdict::TooDemanding(cut(message)),
            Refused::Malformed(message) => Verdict::Malformed(cut(message)),
            other => Verdict::Malformed(cut(other.to_string())),
        },
        Err(other) => Verdict::Failed(cut(other.to_string())),
    }
}

fn compile(order: &str) -> Result<(), CompileError> {
    let failed = |error: std::io::Error| CompileError::Failed(error.to_string());
    let order: Order =
        serde_json::from_str(order).map_err(|error| CompileError::Failed(error.to_string()))?;
    limit(&order).map_err(failed)?;
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
    let artifact = to_artifact(&bytes, order.memory_bytes_max, order.functions.as_deref())?;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&artifact).and_then(|()| stdout.flush()).map_err(failed)
}

/// Ties this process down, and to its parent.
fn limit(order: &Order) -> std::io::Result<()> {
    let hard = |limit: u64| Rlimit { current: Some(limit), maximum: Some(limit) };
    setrlimit(Resource::Data, hard(order.compile_memory_bytes_max))?;
    // The softer limit ends it with a signal of its own, which the parent can tell from others.
    let cpu =
        Rlimit { maximum: Some(order.cpu_seconds_max.saturating_add(1)), ..hard(order.cpu_seconds_max) };
    setrlimit(Resource::Cpu, cpu)?;
    setrlimit(Resource::Core, hard(0))?;
    // A host that is killed must not leave its compilers behind.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // Activations are in more of a hurry. Where this is not allowed, it is no loss.
    let _ = rustix::process::nice(5);
    Ok(())
}

fn cut(mut message: String) -> String {
    let end = message.floor_char_boundary(limits::COMPILER_MESSAGE_BYTES_MAX);
    message.truncate(end);
    message
}
