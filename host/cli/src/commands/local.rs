//! The sandbox of commands that run guests without a host: `replay` and `build`.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, anyhow};
use dalsegno_sandbox::{Compiler, Module, Sandbox, SandboxConfig};
use dalsegno_server::config::HostConfig;

use crate::{error::CliError, output};

/// The thread's own stack, beside the guest's.
const STACK_BYTES: usize = 8 << 20;
/// Guests that exist at the same time here.
const INSTANCES_MAX: u32 = 4;
/// Nobody else is kept waiting here, and the machine may be a slow one.
const COMPILE_TIME_MAX: Duration = Duration::from_secs(600);

/// A sandbox with the limits that a host has if nothing is configured.
pub(crate) fn sandbox(
    cache_dir: Option<PathBuf>,
    activation_deadline: Duration,
) -> Result<Sandbox, CliError> {
    let host = HostConfig { cache_dir, ..HostConfig::default() };
    let config = SandboxConfig {
        cache_dir: host.cache_dir(),
        memory_bytes_max: host.memory_bytes_max.as_usize(),
        activation_deadline,
        instances_max: INSTANCES_MAX,
        compile_deadline: COMPILE_TIME_MAX,
        compiler: Compiler::ChildProcess,
        ..SandboxConfig::default()
    };
    Sandbox::new(config).map_err(|error| CliError::Other(error.into()))
}

/// Does with a component what an upload does: validates and compiles it.
pub(crate) fn load(sandbox: &Sandbox, bytes: &[u8]) -> Result<Module, CliError> {
    let digest = Sandbox::digest(bytes);
    sandbox.validate(bytes).map_err(|refused| CliError::Failed(refused.to_string()))?;
    let mut progress = output::Progress::default();
    progress.show("compiling the module");
    sandbox.compile(&digest, bytes).map_err(|error| CliError::Failed(error.to_string()))?;
    let module = sandbox.load(&digest).map_err(|error| CliError::Other(error.into()))?;
    Ok(module.context("the compiled module is gone from the cache; try again")?)
}

/// Runs guests on a thread of their own, since the main one has whatever stack the system gives it.
pub(crate) fn on_guest_thread<R: Send>(run: impl FnOnce() -> R + Send) -> Result<R, CliError> {
    let ran = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, run).context("the program cannot start a thread")?;
        thread.join().map_err(|_| anyhow!("the guest's thread came to an unexpected end"))
    });
    Ok(ran?)
}
