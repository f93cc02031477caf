//! Runs the tools of a language: what they say is shown as it comes, and a failure names the step.

use std::{
    ffi::OsStr,
    io::{BufRead as _, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::Duration,
};

use anyhow::Context as _;

use super::deadline;
use crate::{error::CliError, output};

/// The time of a tool that runs the project's code: an ordinary project takes seconds.
pub(super) const RUNNING_CODE_MAX: Duration = Duration::from_mins(5);

/// How the steps of a build are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    /// Whether each command line is shown.
    pub(crate) verbose: bool,
    /// How long a tool may take that runs the project's code.
    pub(crate) time_max: Option<Duration>,
}

impl Steps {
    /// For tools that run the project's code, which may be endless.
    pub(super) fn within(self, time_max: Duration) -> Self {
        Self { time_max: Some(time_max), ..self }
    }

    /// Runs a command. All that it writes goes to stderr.
    ///
    /// # Errors
    /// [`CliError::Failed`] with the step, if it cannot be started or does not succeed.
    pub(crate) fn run(self, step: &str, command: &mut Command) -> Result<(), CliError> {
        self.show(command);
        let child = command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr())).spawn();
        let mut child = child.map_err(|error| cannot_start(step, command, &error))?;
        success(step, command, self.wait(step, &mut child)?)
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
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| cannot_start(step, command, &error))?;
        // Both at once: a tool stands still while nobody takes what it says.
        let [stdout, stderr] = [reader(child.stdout.take()), reader(child.stderr.take())];
        let status = self.wait(step, &mut child)?;
        let said = [stdout, stderr].map(|reader| reader.join().unwrap_or_default());
        Ok((status, said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()))
    }

    /// Waits until a tool ends, or until its time is over.
    fn wait(self, step: &str, child: &mut Child) -> Result<ExitStatus, CliError> {
        let Some(time_max) = self.time_max else {
            return Ok(child.wait()?);
        };
        let tell =
            |passed: Duration| output::note(&format!("still {step}, for {} seconds now", passed.as_secs()));
        deadline::wait(child, time_max, tell)?.ok_or_else(|| {
            CliError::Failed(format!(
                "{step} failed: it has not come to an end within {} seconds\n  help: code at the top of a module runs \
                 while the component is made: look for an endless loop or a long computation there, and do it in the \
                 workflow or in an activity. If there is none, the machine is overloaded",
                time_max.as_secs()
            ))
        })
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

fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What cannot be read is not shown; how the tool ended counts.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        bytes
    })
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

    const STEPS: Steps = Steps { verbose: false, time_max: None };

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
    fn a_tool_whose_time_is_over_is_ended() {
        let steps = STEPS.within(Duration::from_millis(1));
        let mut child = Command::new("sleep").arg("600").spawn().expect("sleep is there");
        let over = steps.wait("making the component", &mut child).expect_err("it is endless");
        assert!(over.to_string().contains("within 0 seconds"), "{over}");
        assert!(child.try_wait().expect("it was a child").is_some(), "it still runs");
        let quiet = steps.run_quietly("waiting", Command::new("sleep").arg("600"));
        assert!(quiet.expect_err("it is endless").to_string().starts_with("waiting failed: it has not"));
    }

    #[test]
    fn what_a_tool_says_on_both_sides_is_captured() {
        let mut command = Command::new("sh");
        command.args(["-c", "head -c 200000 /dev/zero >&2; echo a"]);
        let (status, said) =
            STEPS.within(RUNNING_CODE_MAX).capture("trying", &mut command).expect("it starts");
        assert!(status.success());
        assert_eq!((&said[..2], said.len()), ("a\n", 200_002));
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
