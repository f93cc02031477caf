//! The parent's side of compiling: start, feed, wait, kill.

use std::{
    fs::File,
    io::{self, Read, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::child::{Order, VARIABLE, Verdict};
use crate::{CompileError, Compiler, Refused, SandboxConfig, SandboxError, limits};

/// A longer one would not fit the clock.
const DEADLINE_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Has a child compile `bytes`, its output going to `artifact`.
pub(super) fn compile(
    config: &SandboxConfig,
    bytes: &[u8],
    functions: Option<PathBuf>,
    artifact: &File,
) -> Result<(), CompileError> {
    let deadline = Instant::now() + config.compile_deadline.min(DEADLINE_MAX);
    let mut child = spawn(config, functions, artifact).map_err(SandboxError::Spawn)?;
    let said = talk(deadline, &mut child, bytes);
    let ended = said.and_then(|said| Ok((end(deadline, &mut child)?, said)));
    match ended {
        Ok((Some(status), said)) => judge(config, status, &said),
        Ok((None, _)) => Err(CompileError::Deadline(config.compile_deadline)),
        Err(error) => {
            // Nothing more can be done for a child that can be neither heard nor killed.
            let _ = child.kill().and_then(|()| child.wait());
            Err(SandboxError::Spawn(error).into())
        }
    }
}

fn spawn(config: &SandboxConfig, functions: Option<PathBuf>, artifact: &File) -> io::Result<Child> {
    let order = Order {
        memory_bytes_max: config.memory_bytes_max,
        compile_memory_bytes_max: config.compile_memory_bytes_max,
        cpu_seconds_max: cpu_seconds_max(config),
        functions,
    };
    Command::new(program(&config.compiler)?)
        .env_clear()
        .env(VARIABLE, serde_json::to_string(&order)?)
        .stdin(Stdio::piped())
        .stdout(artifact.try_clone()?)
        .stderr(Stdio::piped())
        .spawn()
}

fn program(compiler: &Compiler) -> io::Result<PathBuf> {
    match compiler {
        Compiler::Program(program) => Ok(program.clone()),
        // The very file that runs here, even if it was replaced meanwhile.
        _ if cfg!(target_os = "linux") => Ok(PathBuf::from("/proc/self/exe")),
        _ => std::env::current_exe(),
    }
}

/// Enough for every processor until the deadline; for a child whose parent stands still.
fn cpu_seconds_max(config: &SandboxConfig) -> u64 {
    let processors = thread::available_parallelism().map_or(1, usize::from) as u64;
    config.compile_deadline.as_secs().saturating_add(1).saturating_mul(processors)
}

/// Gives the child its component, and hears what it has to say until it falls silent or the deadline comes.
fn talk(deadline: Instant, child: &mut Child, bytes: &[u8]) -> io::Result<String> {
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let (heard, hear) = mpsc::channel();
    thread::scope(|scope| {
        // A child that dies early closes the pipe: its own words say why.
        let write = move || stdin.map(|mut stdin| stdin.write_all(bytes));
        let read = move || heard.send(stderr.map(read_all).unwrap_or_default());
        let talking = thread::Builder::new().spawn_scoped(scope, write).map(drop);
        let talking = talking.and_then(|()| thread::Builder::new().spawn_scoped(scope, read).map(drop));
        let said = hear.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        if said.is_err() {
            // Invariant: killed within the scope, since its threads end only when its pipes close.
            child.kill()?;
        }
        talking.map(|()| said.unwrap_or_default())
    })
}

/// How the child ends; `None`: it was, or has to be, killed.
fn end(deadline: Instant, child: &mut Child) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            let killed = status.signal() == Some(rustix::process::Signal::KILL.as_raw());
            return Ok((!killed || Instant::now() < deadline).then_some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        // It has said what it had to say: this is a matter of microseconds.
        thread::sleep(Duration::from_millis(1));
    }
}

fn read_all(pipe: impl Read) -> String {
    let mut text = Vec::new();
    // What was read before an error is all there is to know.
    let _ = pipe.take(4 * limits::COMPILER_MESSAGE_BYTES_MAX as u64).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn judge(config: &SandboxConfig, status: ExitStatus, said: &str) -> Result<(), CompileError> {
    let verdict = serde_json::from_str(said.trim()).ok().filter(|_| status.success());
    Err(match verdict {
        Some(Verdict::Compiled) => return Ok(()),
        Some(Verdict::Incompatible(message)) => Refused::Incompatible(message).into(),
        Some(Verdict::Malformed(message)) => Refused::Malformed(message).into(),
        Some(Verdict::TooDemanding(message)) => Refused::TooDemanding(message).into(),
        Some(Verdict::Failed(message)) => CompileError::Failed(message),
        None if said.contains("memory allocation of") => {
            CompileError::Memory(config.compile_memory_bytes_max)
        }
        None if status.signal() == Some(rustix::process::Signal::XCPU.as_raw()) => {
            CompileError::Deadline(config.compile_deadline)
        }
        None => CompileError::Failed(crashed(status, said)),
    })
}

fn crashed(status: ExitStatus, said: &str) -> String {
    let said = said.trim();
    let said = if said.is_empty() { "it said nothing" } else { said };
    format!(
        "it ended with {status}, saying: {said} (a program that embeds the host calls \
         `compile_child_main()` first thing in `main`)"
    )
}
