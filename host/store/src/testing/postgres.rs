//! A Postgres server of a test's own, as safe and as slow as a real one.
//!
//! It listens on a free port of loopback, keeps its files in a folder of its own, and goes away with the
//! [`TestPostgres`]; with the test process at the latest, even a killed one: a small shell waits for the end of a
//! pipe that the process holds.

use std::{
    fs, io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, postgres::PgConnectOptions};

/// Names the folder of `initdb`, `pg_ctl` and `postgres`.
const BIN_VARIABLE: &str = "DALSEGNO_POSTGRES_BIN";
/// Where distributions put them; the newest version wins.
const USUAL_PLACES: [&str; 3] = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];
/// Somebody else may take a free port before the server does.
const START_ATTEMPTS: u32 = 5;
/// Small, and otherwise as Postgres comes: above all with fsync.
const SETTINGS: &str = "shared_buffers = 64MB\nmax_connections = 100\nlisten_addresses = '127.0.0.1'\n\
    unix_socket_directories = ''\nlog_min_messages = warning\nautovacuum_naptime = 10s\n";
/// Waits for the end of its input; then stops the server and removes its files.
const WARDEN: &str = r#"trap "" INT TERM HUP; cat >/dev/null
"$0/pg_ctl" --pgdata="$1/data" --mode=immediate --silent stop >/dev/null 2>&1; rm -rf "$1""#;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No programs.
    #[error("found no Postgres: install it, or name the folder of its initdb in {BIN_VARIABLE}")]
    NotFound,
    /// A program failed.
    #[error("{program} failed: {output}")]
    Failed {
        /// Which.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// The machine does not play along.
    #[error("cannot {what}: {error}")]
    Machine {
        /// What was tried.
        what: &'static str,
        /// Why not.
        error: io::Error,
    },
    /// It does not talk to us.
    #[error("the server does not answer: {0}")]
    Silent(#[from] sqlx::Error),
}

/// A server that runs.
#[derive(Debug)]
pub struct TestPostgres {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    owner: Option<Owner>,
    warden: Child,
    databases: AtomicU32,
}

/// Whom the server runs as, because it refuses to run as root.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl TestPostgres {
    /// Makes a server and starts it.
    ///
    /// # Errors
    /// [`StartError`] says what is missing.
    pub fn start() -> Result<Self, StartError> {
        let bin = find_programs()?;
        let owner = find_owner()?;
        let folder = make_folder(owner)?;
        let warden = command("sh".as_ref(), owner, &folder)
            .arg("-c")
            .arg(WARDEN)
            .args([&bin, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| StartError::Machine { what: "start a shell", error })?;
        let mut server = Self { bin, folder, port: 0, owner, warden, databases: AtomicU32::new(0) };
        let data = server.data();
        server.run(
            "initdb",
            &["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"],
            &[&data],
        )?;
        let settings = data.join("postgresql.auto.conf");
        fs::write(settings, SETTINGS)
            .map_err(|error| StartError::Machine { what: "write settings", error })?;
        for attempt in 1.. {
            server.port = free_port()?;
            match server.restart() {
                Err(_) if attempt < START_ATTEMPTS => {}
                result => return result.map(|()| server),
            }
        }
        unreachable!("the loop ends with its last attempt")
    }

    /// The server that all tests of a process share. Each should take a [`Self::database`] of its own.
    ///
    /// # Errors
    /// [`StartError`] says what is missing.
    pub fn shared() -> Result<&'static Self, StartError> {
        static SHARED: OnceLock<Result<TestPostgres, StartError>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(|error| StartError::Failed {
            program: "the shared Postgres server",
            output: error.to_string(),
        })
    }

    /// The address of the database that every server has.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database, and tells its address.
    ///
    /// # Errors
    /// [`StartError::Silent`]: the server is down.
    pub async fn database(&self) -> Result<String, StartError> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let options: PgConnectOptions = self.url().parse()?;
        let mut connection = options.connect().await?;
        let sql = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(sql).execute(&mut connection).await?;
        connection.close().await?;
        Ok(self.url_of(&name))
    }

    /// Stops the server as a power cut would: no connection is told, nothing is tidied up.
    ///
    /// # Errors
    /// [`StartError::Failed`]: it does not run.
    pub fn stop_immediate(&self) -> Result<(), StartError> {
        self.run("pg_ctl", &["stop", "--mode=immediate", "--pgdata"], &[&self.data()])
    }

    /// Starts a stopped server, on the same port.
    ///
    /// # Errors
    /// [`StartError::Failed`], with what the server logged.
    pub fn restart(&self) -> Result<(), StartError> {
        let log = self.folder.join("log");
        let options = format!("--options=-p {}", self.port);
        let arguments = ["start", "--wait", "--silent", &options, "--log"];
        let started = self.run("pg_ctl", &arguments, &[&log, Path::new("--pgdata"), &self.data()]);
        started.map_err(|error| StartError::Failed {
            program: "postgres",
            output: fs::read_to_string(&log).unwrap_or_else(|_| error.to_string()),
        })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn run(&self, program: &'static str, arguments: &[&str], paths: &[&Path]) -> Result<(), StartError> {
        // Not by a pipe: the server keeps it open for as long as it runs.
        let output = self.folder.join(format!("{program}.output"));
        let machine = |error| StartError::Machine { what: "run a program of Postgres", error };
        let sink = fs::File::create(&output).map_err(machine)?;
        let status = command(&self.bin.join(program), self.owner, &self.folder)
            .args(arguments)
            .args(paths)
            .stdin(Stdio::null())
            .stdout(sink.try_clone().map_err(machine)?)
            .stderr(sink)
            .status()
            .map_err(machine)?;
        if status.success() {
            return Ok(());
        }
        let output = fs::read_to_string(output).unwrap_or_default();
        Err(StartError::Failed { program, output })
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        drop(self.warden.stdin.take());
        // It cannot be told from here, and the files are in a temporary folder.
        let _ = self.warden.wait();
    }
}

fn command(program: &Path, owner: Option<Owner>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C");
    for variable in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGDATABASE", "PGOPTIONS"] {
        command.env_remove(variable);
    }
    if let Some(owner) = owner {
        use std::os::unix::process::CommandExt as _;
        command.uid(owner.user).gid(owner.group);
    }
    command
}

/// A folder that only the server's user may read.
fn make_folder(owner: Option<Owner>) -> Result<PathBuf, StartError> {
    use std::os::unix::fs::{DirBuilderExt as _, chown};
    static FOLDERS: AtomicU32 = AtomicU32::new(0);
    let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let name = format!("dalsegno-postgres-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let machine = |error| StartError::Machine { what: "make a temporary folder", error };
    fs::DirBuilder::new().mode(0o700).create(&folder).map_err(machine)?;
    if let Some(owner) = owner {
        chown(&folder, Some(owner.user), Some(owner.group)).map_err(machine)?;
    }
    Ok(folder)
}

fn find_programs() -> Result<PathBuf, StartError> {
    if let Some(bin) = std::env::var_os(BIN_VARIABLE).filter(|bin| !bin.is_empty()) {
        return Ok(bin.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for place in USUAL_PLACES {
        let mut versions: Vec<PathBuf> =
            fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        versions.sort();
        candidates.extend(versions.into_iter().rev().map(|version| version.join("bin")));
    }
    let has_all =
        |bin: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| bin.join(name).is_file());
    candidates.into_iter().find(has_all).ok_or(StartError::NotFound)
}

/// Nobody in particular if we are not root.
fn find_owner() -> Result<Option<Owner>, StartError> {
    if id(&["-u"])? != Some(0) {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        if let (Some(user), Some(group)) = (id(&["-u", user])?, id(&["-g", user])?) {
            return Ok(Some(Owner { user, group }));
        }
    }
    Err(StartError::Failed {
        program: "id",
        output: "there is no user postgres and no user nobody".to_owned(),
    })
}

fn id(arguments: &[&str]) -> Result<Option<u32>, StartError> {
    let output = Command::new("id")
        .args(arguments)
        .output()
        .map_err(|error| StartError::Machine { what: "run id", error })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}

fn free_port() -> Result<u16, StartError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener
        .map(|address| address.port())
        .map_err(|error| StartError::Machine { what: "find a free port", error })
}
