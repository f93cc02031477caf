//! Runs the tools of a language: what they say is shown as it comes, and a failure names the step.

use std::{
    ffi::OsStr,
    io::BufRead as _,
    path::Path,
    process::{Command, ExitStatus, Output, Stdio},
};

use anyhow::Context as _;

use crate::{error::CliError, output};

/// How the steps of a build are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    /// Whether each command line is shown.
    pub(crate) verbose: bool,
}

impl Steps {
    /// Runs a command. All that it writes goes to stderr.
    ///
    /// # Errors
    /// [`CliError::Failed`] with the step, if it cannot be started or does not succeed.
    pub(crate) fn run(self, step: &str, command: &mut Command) -> Result<(), CliError> {
        self.show(command);
        let status = command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr())).status();
        let status = status.map_err(|error| cannot_start(step, command, &error))?;
        success(step, command, status)
    }

    /// Runs a command, and gives each line of its stdout to `line`; what it complains of goes to stderr.
    ///
    /// # Errors
    /// As [`Steps::run`].
    pub(crate) fn read(
        self,
        step: &str,
        command: &mut Command,
        mut line: impl FnMut(&str),
    ) -> Result<(), CliError> {
        self.show(command);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| cannot_start(step, command, &error))?;
        if let Some(stdout) = child.stdout.take() {
            for text in std::io::BufReader::new(stdout).lines() {
                line(&text.context("the output of a tool is no text")?);
            }
        }
        success(step, command, child.wait()?)
    }

    /// Runs a command that says more than what helps: of a failure is shown what `excerpt` makes of its words.
    ///
    /// # Errors
    /// As [`Steps::run`].
    pub(crate) fn run_excerpted(
        self,
        step: &str,
        command: &mut Command,
        excerpt: impl FnOnce(&str) -> Option<String>,
    ) -> Result<(), CliError> {
        let (status, said) = self.capture(step, command)?;
        let helpful = if status.success() || self.verbose { None } else { excerpt(&said) };
        output::note(&helpful.unwrap_or(said));
        success(step, command, status)
    }

    /// Runs a command whose words matter only if it fails.
    ///
    /// # Errors
    /// As [`Steps::run`].
    pub(crate) fn run_quietly(self, step: &str, command: &mut Command) -> Result<(), CliError> {
        let (status, said) = self.capture(step, command)?;
        if self.verbose || !status.success() {
            output::note(&said);
        }
        success(step, command, status)
    }

    fn capture(self, step: &str, command: &mut Command) -> Result<(ExitStatus, String), CliError> {
        self.show(command);
        let ended = command.stdin(Stdio::null()).output();
        let Output { status, stdout, stderr } = ended.map_err(|error| cannot_start(step, command, &error))?;
        Ok((status, [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()))
    }

    /// Asks a tool something: what it says on stdout, or nothing if it does not succeed.
    pub(crate) fn ask(self, command: &mut Command) -> Option<String> {
        self.show(command);
        let Output { status, stdout, .. } = command.stdin(Stdio::null()).output().ok()?;
        status.success().then(|| String::from_utf8_lossy(&stdout).trim().to_owned())
    }

    fn show(self, command: &Command) {
        if self.verbose {
            output::note(&format!("+ {}", line(command)));
        }
    }
}

fn cannot_start(step: &str, command: &Command, error: &std::io::Error) -> CliError {
    CliError::Failed(format!("{step} failed: {} cannot be started: {error}", program(command)))
}

fn success(step: &str, command: &Command, status: ExitStatus) -> Result<(), CliError> {
    if status.success() {
        return Ok(());
    }
    let ended = match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => "was ended by a signal".to_owned(),
    };
    let program = program(command);
    Err(CliError::Failed(format!("{step} failed: {program} {ended}; what it complains of stands above")))
}

/// Without its folder, which `--verbose` shows.
fn program(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

/// A command as one would type it.
fn line(command: &Command) -> String {
    let quoted = |word: &OsStr| output::shell_word(&word.to_string_lossy());
    let mut words = Vec::new();
    if let Some(folder) = command.get_current_dir() {
        words.push(format!("cd {} &&", quoted(folder.as_os_str())));
    }
    for (name, value) in command.get_envs() {
        let value = value.map(quoted).unwrap_or_default();
        words.push(format!("{}={value}", name.to_string_lossy()));
    }
    words.push(quoted(command.get_program()));
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: Steps = Steps { verbose: false };

    #[test]
    fn a_failed_step_names_itself_its_program_and_the_code() {
        let failed = STEPS.run("compiling", Command::new("sh").args(["-c", "exit 3"])).expect_err("it fails");
        let expected = "compiling failed: sh ended with exit code 3; what it complains of stands above";
        assert_eq!(failed.to_string(), expected);
        let missing =
            STEPS.run("compiling", &mut Command::new("no-such-program")).expect_err("it is missing");
        assert!(missing.to_string().starts_with("compiling failed: no-such-program cannot be started"));
    }

    #[test]
    fn lines_are_read_even_if_the_step_fails() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo a; echo b; exit 1"]);
        assert!(STEPS.read("compiling", &mut command, |line| lines.push(line.to_owned())).is_err());
        assert_eq!(lines, ["a", "b"]);
    }

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("cc");
        command.current_dir("/a b").env("X", "1").args(["-o", "it's", "x.wasm"]);
        assert_eq!(line(&command), r"cd '/a b' && X=1 cc -o 'it'\''s' x.wasm");
    }
}
