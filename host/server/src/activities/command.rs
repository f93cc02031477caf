//! Configured programs as activities, in any language. Each is an activity type of its own.
//!
//! The program is started for each attempt, receives the arguments as a JSON array on its standard input,
//! and answers with one JSON value on its standard output. Another exit code than 0 fails the attempt with
//! what it wrote to its standard error; exit code 65 (`EX_DATAERR`) says that trying again is of no use.

use std::{process::Stdio, sync::Arc};

use dalsegno_engine::{Failure, Millis, Payload, failure::TimeoutKind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};

use super::{Activity, ActivityContext, ActivityError, registry::AttemptFuture};
use crate::config::CommandConfig;

/// What a program may write to its standard output, in bytes.
const OUTPUT_BYTES_MAX: u64 = 2 << 20;
/// What is kept of its standard error, in bytes.
const ERROR_BYTES_MAX: u64 = 64 << 10;
/// The exit code that says: do not try again. Source: `sysexits.h`.
const EXIT_DATA_ERROR: i32 = 65;

/// A configured program as an activity.
pub(crate) struct CommandActivity {
    config: Arc<CommandConfig>,
}

impl CommandActivity {
    pub(crate) fn new(config: CommandConfig) -> Self {
        Self { config: Arc::new(config) }
    }
}

impl Activity for CommandActivity {
    fn attempt(&self, context: ActivityContext, input: Vec<Payload>) -> AttemptFuture {
        let config = self.config.clone();
        Box::pin(async move {
            let child = start(&config, &context).map_err(ActivityError::into_failure)?;
            tokio::select! {
                result = talk(child, input) => result.map_err(ActivityError::into_failure),
                () = time_is_up(config.timeout) => {
                    Err(Failure::timeout(TimeoutKind::StartToClose, "the program exceeded its configured time"))
                }
                // Dropping the child kills it.
                () = context.cancelled() => Err(Failure::cancelled("the program was stopped")),
            }
        })
    }
}

async fn time_is_up(limit: Option<Millis>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit.as_duration()).await,
        None => std::future::pending().await,
    }
}

fn start(config: &CommandConfig, context: &ActivityContext) -> Result<Child, ActivityError> {
    let info = context.info();
    Command::new(&config.program)
        .args(&config.args)
        .env_clear()
        .envs(&config.env)
        .env("DALSEGNO_ACTIVITY_TYPE", info.activity_type.as_str())
        .env("DALSEGNO_ATTEMPT", info.attempt.to_string())
        .env("DALSEGNO_IDEMPOTENCY_KEY", &info.idempotency_key)
        .env("DALSEGNO_WORKFLOW_ID", info.workflow_id.as_str())
        .env("DALSEGNO_RUN_ID", info.run_id.as_str())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            ActivityError::retryable("CommandNotStarted", format!("{}: {error}", config.program.display()))
        })
}

async fn talk(mut child: Child, input: Vec<Payload>) -> Result<Option<Payload>, ActivityError> {
    let io = |error: std::io::Error| ActivityError::retryable("CommandBroken", error.to_string());
    let arguments = serde_json::to_vec(&input)
        .map_err(|error| ActivityError::non_retryable("BadArguments", error.to_string()))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read its input closes the pipe; its exit code tells the rest.
            let _ = stdin.write_all(&arguments).await;
        }
    };
    let mut output = Vec::new();
    let read_output = async {
        match stdout {
            Some(stdout) => stdout.take(OUTPUT_BYTES_MAX + 1).read_to_end(&mut output).await.map(drop),
            None => Ok(()),
        }
    };
    let mut errors = Vec::new();
    let read_errors = async {
        let Some(mut stderr) = stderr else { return Ok(()) };
        (&mut stderr).take(ERROR_BYTES_MAX).read_to_end(&mut errors).await?;
        tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await.map(drop)
    };
    let ((), output_read, errors_read) = tokio::join!(write, read_output, read_errors);
    output_read.map_err(io)?;
    errors_read.map_err(io)?;
    if output.len() as u64 > OUTPUT_BYTES_MAX {
        let message = format!("the program wrote more than {OUTPUT_BYTES_MAX} bytes to its standard output");
        return Err(ActivityError::non_retryable("CommandOutputTooLarge", message));
    }
    let status = child.wait().await.map_err(io)?;
    if status.success() {
        return result(output);
    }
    let message = format!("the program ended with {status}: {}", String::from_utf8_lossy(&errors).trim_end());
    Err(match status.code() {
        Some(EXIT_DATA_ERROR) => ActivityError::non_retryable("CommandFailed", message),
        _ => ActivityError::retryable("CommandFailed", message),
    })
}

/// No output is no result; any other has to be JSON.
fn result(output: Vec<u8>) -> Result<Option<Payload>, ActivityError> {
    let text = output.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(Some(Payload::json(text.to_vec()))),
        Err(error) => {
            let message = format!("the program's standard output is no JSON: {error}");
            Err(ActivityError::non_retryable("BadResult", message))
        }
    }
}
