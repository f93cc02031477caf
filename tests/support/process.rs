//! A program that a test runs: its signals, its end, its log.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Lines of a log that are shown when a test fails.
const SHOWN_LINES_MAX: usize = 150;
/// When its own input ends, which is at the end of the test at the latest, however that ends: kills a program, and
/// removes its folder.
const WARDEN: &str = r#"trap "" INT TERM HUP; cat >/dev/null; kill -9 "$0"; rm -rf "$1""#;

/// A program that runs, or has run. It does not outlive the test.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    warden: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts a program with a folder of its own, where its output is added to the end of a file.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> Self {
        let started = Self::try_start(name, command, folder);
        started.unwrap_or_else(|error| panic!("{name} cannot be started: {error}"))
    }

    fn try_start(name: &str, command: &mut Command, folder: &Path) -> io::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let sink = File::options().create(true).append(true).open(&log)?;
        let child = command.stdin(Stdio::null()).stdout(sink.try_clone()?).stderr(sink).spawn()?;
        let warden = Command::new("sh")
            .args(["-c", WARDEN, &child.id().to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { name: name.to_owned(), child, warden, log, ended: None })
    }

    /// Its id, as long as it has not ended.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        self.dismiss_warden();
        // It may have ended by itself.
        let _ = self.child.kill();
        self.ended = self.child.wait().ok();
    }

    /// Asks it to stop.
    pub fn terminate(&mut self) {
        self.send(Signal::TERM);
    }

    /// Holds it, as a machine that hangs does.
    pub fn pause(&mut self) {
        self.send(Signal::STOP);
    }

    /// Lets a held one go on.
    pub fn resume(&mut self) {
        self.send(Signal::CONT);
    }

    fn send(&mut self, signal: Signal) {
        assert!(self.has_ended().is_none(), "{} has ended already: {:?}", self.name, self.ended);
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let sent = pid.map(|pid| kill_process(pid, signal));
        assert!(matches!(sent, Some(Ok(()))), "{} cannot be signalled: {sent:?}", self.name);
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
            if self.ended.is_some() {
                self.dismiss_warden();
            }
        }
        self.ended
    }

    /// How it ends.
    ///
    /// # Panics
    /// If it does not within that time.
    pub async fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let begun = Instant::now();
        let name = self.name.clone();
        let what = format!("the end of {name}");
        let status =
            crate::within(limit, &what, async || self.has_ended().ok_or("it is still running")).await;
        eprintln!("{name} ended after {:?}: {status}", begun.elapsed());
        status
    }

    /// Everything it has written, in all its lives.
    #[must_use]
    pub fn log_text(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Shows the end of the log if the test is failing.
    pub fn explain_failure(&self) {
        if !std::thread::panicking() {
            return;
        }
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        let shown = &lines[lines.len().saturating_sub(SHOWN_LINES_MAX)..];
        eprintln!("--- the log of {}, its last {} lines", self.name, shown.len());
        shown.iter().for_each(|line| eprintln!("{line}"));
        eprintln!("---");
    }

    /// Once the process is not waited for any more, its number may be another's.
    fn dismiss_warden(&mut self) {
        // It may have gone before.
        let _ = self.warden.kill();
        let _ = self.warden.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.explain_failure();
        if self.has_ended().is_none() {
            self.kill();
        }
    }
}
