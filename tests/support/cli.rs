//! The `dalsegno` command, as a user types it.

use std::{ffi::OsString, path::Path, process::Output, time::Duration};

use serde_json::Value;
use tokio::process::Command;

use crate::{
    Host,
    programs::{self, Program},
};

/// No command of a test takes longer.
const COMMAND_MAX: Duration = Duration::from_secs(90);
/// But for one that builds a project.
const BUILD_MAX: Duration = Duration::from_secs(600);

/// What a command said, and how it ended.
#[derive(Debug, Clone)]
pub struct Said {
    /// The exit code; absent after a signal.
    pub code: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Said {
    /// What it wrote, if it did what it was to do.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    #[must_use]
    pub fn done(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.stdout
    }

    /// What it wrote, as JSON.
    ///
    /// # Panics
    /// If it did not do what it was to do, or wrote something else.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        let text = self.done();
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// What it complained of, if it ended with this code.
    ///
    /// # Panics
    /// If it ended otherwise, or said nothing.
    #[track_caller]
    #[must_use]
    pub fn failed(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.stderr.trim().is_empty(), "it failed without a word: {self:?}");
        &self.stderr
    }
}

/// Runs the command, without a host.
///
/// # Panics
/// If it cannot be started, or does not end.
pub async fn dalsegno(arguments: &[&str]) -> Said {
    run(arguments, "http://127.0.0.1:1").await
}

impl Host {
    /// Runs the command against this host.
    ///
    /// # Panics
    /// If it cannot be started, or does not end.
    pub async fn dalsegno(&self, arguments: &[&str]) -> Said {
        run(arguments, &self.address()).await
    }
}

/// Runs the command in a folder, without a host. It may take as long as installing the tools of a language takes.
///
/// # Panics
/// If it cannot be started, or does not end.
pub async fn dalsegno_in(folder: &Path, environment: &[(&str, OsString)], arguments: &[&str]) -> Said {
    let mut command = prepared(arguments);
    command.current_dir(folder).envs(environment.iter().map(|(name, value)| (name, value)));
    ended(command, BUILD_MAX).await
}

async fn run(arguments: &[&str], address: &str) -> Said {
    let mut command = prepared(arguments);
    command.env("DALSEGNO_ADDRESS", address);
    ended(command, COMMAND_MAX).await
}

fn prepared(arguments: &[&str]) -> Command {
    let mut command = Command::new(Program::Dalsegno.path());
    programs::forget_settings(command.as_std_mut());
    command.args(arguments).env("DALSEGNO_CACHE_DIR", programs::scratch().join("modules"));
    command
}

async fn ended(mut command: Command, limit: Duration) -> Said {
    command.stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(limit, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{command:?} has not ended in {limit:?}"));
    let Output { status, stdout, stderr } = output.unwrap_or_else(|error| panic!("dalsegno: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
