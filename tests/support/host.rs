//! A host under test: started, killed, held, stopped, started again on the same port and database.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    net::TcpListener,
    ops::Range,
    path::Path,
    process::{Command, ExitStatus},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    Backend, Client, Database,
    auditor::record::messages_left,
    eventually,
    process::Process,
    programs::{self, Program},
    services::Services,
    within,
};

/// Below what systems give to connections.
const PORTS: Range<u16> = 15_000..32_000;
/// How long a host may take to be ready.
const READY_MAX: Duration = Duration::from_secs(60);
/// How long a host may take to stop, once it is asked to. Source: the fault table, F24.
pub const STOP_MAX: Duration = Duration::from_secs(20);
/// How to run a host. What is not said has the default of `dalsegno serve`, but for the deadlines of activations and of
/// compiling, since unoptimised code on a busy machine is slow.
#[derive(Debug, Clone)]
pub struct Settings {
    program: Program,
    fields: BTreeMap<&'static str, String>,
    allowed: Vec<String>,
    commands: BTreeMap<&'static str, &'static str>,
}

/// A host. It ends with this, at the latest.
#[derive(Debug)]
pub struct Host {
    settings: Settings,
    database: Database,
    port: u16,
    process: Option<Process>,
    folder: TempDir,
}

impl Default for Settings {
    fn default() -> Self {
        let fields = BTreeMap::from([
            ("activation_deadline", r#""10s""#.to_owned()),
            ("compile_deadline", r#""600s""#.to_owned()),
        ]);
        Self { program: Program::Dalsegno, fields, allowed: Vec::new(), commands: BTreeMap::new() }
    }
}

impl Settings {
    /// Run another program.
    #[must_use]
    pub fn program(mut self, program: Program) -> Self {
        self.program = program;
        self
    }

    /// A field of the configuration, with its value in TOML.
    #[must_use]
    pub fn set(mut self, field: &'static str, value: &str) -> Self {
        self.fields.insert(field, value.to_owned());
        self
    }

    /// Let workflows call these services.
    #[must_use]
    pub fn allow(mut self, services: &Services) -> Self {
        self.allowed.push(services.authority().to_owned());
        self
    }

    /// An activity that is a script of the shell.
    #[must_use]
    pub fn command(mut self, name: &'static str, script: &'static str) -> Self {
        self.commands.insert(name, script);
        self
    }

    /// The activities that the guests of the tests ask for.
    #[must_use]
    pub fn test_activities(self) -> Self {
        self.command("noop", "cat")
            .command(
                "third-time",
                r#"[ "$DALSEGNO_ATTEMPT" -ge 3 ] || { echo "too early" >&2; exit 1; }; cat"#,
            )
            .command("always-fails", r#"echo "attempt $DALSEGNO_ATTEMPT failed" >&2; exit 1"#)
            .command("refuses", "echo 'never again' >&2; exit 65")
            .command("slow", "exec sleep 600")
            .command("environment", r#"printf '"%s %s"' "$DALSEGNO_WORKFLOW_ID" "$DALSEGNO_IDEMPOTENCY_KEY""#)
            .command("no-json", "echo 'not JSON'")
            .command("too-much", "head -c 3000000 /dev/zero")
    }

    fn to_toml(&self, port: u16, database: &str) -> String {
        let cache = programs::scratch().join("modules");
        let mut text =
            format!("listen = \"127.0.0.1:{port}\"\ndatabase = {database:?}\ncache_dir = {cache:?}\n");
        for (field, value) in &self.fields {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{field} = {value}");
        }
        let _ = writeln!(text, "[activities.http]\nallow = {:?}", self.allowed);
        for (name, script) in &self.commands {
            let _ = writeln!(
                text,
                "[activities.command.{name}]\nprogram = \"/bin/sh\"\nargs = [\"-c\", '''{script}''']"
            );
            let _ = writeln!(text, "env = {{ PATH = \"/usr/bin:/bin\" }}");
        }
        text
    }
}

impl Host {
    /// A host with the activities of the tests, ready.
    pub async fn start(backend: Backend) -> Self {
        Self::with(backend, Settings::default().test_activities()).await
    }

    /// A host that is ready.
    pub async fn with(backend: Backend, settings: Settings) -> Self {
        let folder = make_folder();
        let database = Database::new(backend, folder.path()).await;
        let mut host = Self::stopped(settings, database, folder);
        host.restart().await;
        host
    }

    /// A host on this database that has not been started.
    ///
    /// # Panics
    /// If there is no room for its files.
    #[must_use]
    pub fn on(database: Database, settings: Settings) -> Self {
        Self::stopped(settings, database, make_folder())
    }

    fn stopped(settings: Settings, database: Database, folder: TempDir) -> Self {
        let host = Self { settings, database, port: free_port(), process: None, folder };
        host.configure();
        host
    }

    fn configure(&self) {
        let text = self.settings.to_toml(self.port, self.database.url());
        let written = fs::write(self.folder.path().join("config.toml"), text);
        written.unwrap_or_else(|error| panic!("the configuration cannot be written: {error}"));
    }

    /// Changes the settings; they hold from the next start.
    pub fn change(&mut self, change: impl FnOnce(Settings) -> Settings) {
        self.settings = change(self.settings.clone());
        self.configure();
    }

    /// Starts the program, and does not wait.
    ///
    /// # Panics
    /// If it runs already.
    pub fn begin(&mut self) {
        assert!(self.process.is_none(), "the host runs already");
        let mut command = Command::new(self.settings.program.path());
        programs::forget_settings(&mut command);
        command
            .args(["serve", "--config"])
            .arg(self.folder.path().join("config.toml"))
            .current_dir(self.folder.path())
            .env("DALSEGNO_LOG", "info,guest=warn")
            .env("RUST_BACKTRACE", "1");
        self.process = Some(Process::start("host", &mut command, self.folder.path()));
    }

    /// Starts the program, and waits until it is ready.
    ///
    /// # Panics
    /// If it does not get so far.
    pub async fn restart(&mut self) {
        self.begin();
        self.ready().await;
    }

    /// Waits until the host is ready.
    ///
    /// # Panics
    /// If it ends instead, or takes too long.
    pub async fn ready(&mut self) {
        let client = self.client();
        within(READY_MAX, "the host is ready", async || {
            let status = self.process.as_mut().and_then(Process::has_ended);
            assert!(status.is_none(), "the host ended instead of getting ready: {status:?}");
            match client.try_get("/readyz").await {
                Ok(answer) if answer.status == 200 => Ok(()),
                Ok(answer) => Err(answer.text),
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
    }

    /// Ends the host as a power cut would.
    ///
    /// # Panics
    /// If it has ended before.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the host runs");
        let ended = process.has_ended();
        assert!(ended.is_none(), "the host ended before it was killed: {ended:?}");
        process.kill();
    }

    /// Asks the host to stop, and waits for that.
    ///
    /// # Panics
    /// If it does not, or not well.
    pub async fn stop(&mut self) {
        self.terminate();
        let status = self.ends().await;
        assert!(status.success(), "the host stopped with {status}");
    }

    /// Waits until no message between runs is on its way, then stops it.
    ///
    /// # Panics
    /// If a message stays, or the host does not stop well.
    pub async fn stop_at_rest(&mut self) {
        let url = self.database.url();
        eventually("all messages have arrived", async || match messages_left(url).await {
            0 => Ok(()),
            left => Err(format!("{left} are left")),
        })
        .await;
        self.stop().await;
    }

    /// Asks the host to stop.
    ///
    /// # Panics
    /// If it does not run.
    pub fn terminate(&mut self) {
        self.process.as_mut().expect("the host runs").terminate();
    }

    /// How the host ends.
    ///
    /// # Panics
    /// If it does not within [`STOP_MAX`].
    pub async fn ends(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("the host runs");
        process.ends_within(STOP_MAX).await
    }

    /// Holds the host, as a machine that hangs does.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pause(&mut self) {
        self.process.as_mut().expect("the host runs").pause();
    }

    /// Lets a held host go on.
    ///
    /// # Panics
    /// If it does not run.
    pub fn resume(&mut self) {
        self.process.as_mut().expect("the host runs").resume();
    }

    /// Whether the program runs.
    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.has_ended().is_none())
    }

    /// The memory of its process that is its own, in bytes: not files, nor pages that guests share with their module.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn private_bytes(&self) -> u64 {
        let pid = self.process.as_ref().expect("the host runs").id();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.unwrap_or_else(|| panic!("the kernel does not tell its memory: {status}")) << 10
    }

    /// A client of it.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.address())
    }

    /// Its address: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it keeps its runs in.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A folder of its own.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything it has logged, in all its lives.
    #[must_use]
    pub fn log_text(&self) -> String {
        fs::read_to_string(self.folder.path().join("host.log")).unwrap_or_default()
    }
}

fn make_folder() -> TempDir {
    TempDir::with_prefix("dalsegno-test-").unwrap_or_else(|error| panic!("no temporary folder: {error}"))
}

/// A port that is free, and stays so while the host is down: not one of those that connections get from the system.
fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let ports = u32::from(PORTS.end - PORTS.start);
    // Test programs that run at the same time begin at different places.
    let first = std::process::id().wrapping_mul(499) % ports;
    for _ in PORTS {
        let number = u32::from(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from((first + number) % ports).unwrap_or_default() + PORTS.start;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port of {PORTS:?} is free");
}
