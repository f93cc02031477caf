//! The settings of a host.
//!
//! `defaults.toml` documents every field with its default and unit; a test holds it to the types here.

mod allowed_host;
mod bytes;

use std::{
    collections::BTreeMap, fmt, net::ToSocketAddrs as _, num::NonZeroUsize, path::PathBuf, str::FromStr,
};

use dalsegno_engine::Millis;
use serde::Deserialize;

pub use allowed_host::AllowedHost;
pub use bytes::ByteSize;

/// Every setting with its default, as a commented configuration file.
pub const DEFAULTS_TOML: &str = include_str!("defaults.toml");

/// Activities of one task queue at the same time, unless configured.
pub const TASK_QUEUE_CONCURRENCY: usize = 1_000;

/// The settings of a host. `defaults.toml` says what each means.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostConfig {
    /// Where the HTTP interface listens: `HOST:PORT`.
    pub listen: String,
    /// Whether that may be more than loopback, without credentials.
    pub listen_unprotected: bool,
    /// Where everything durable is kept.
    pub database: DatabaseUrl,
    /// Folder of compiled modules; [`HostConfig::cache_dir`] finds one if absent.
    pub cache_dir: Option<PathBuf>,
    /// Threads that run workflow code; one for each processor if absent.
    pub guest_threads: Option<NonZeroUsize>,
    /// Memory of resting guests that is kept.
    pub resident_bytes_max: ByteSize,
    /// Linear memory of one guest.
    pub memory_bytes_max: ByteSize,
    /// Wall-clock time of one activation.
    pub activation_deadline: Millis,
    /// Size of an uploaded module.
    pub module_bytes_max: ByteSize,
    /// Time for compiling one module.
    pub compile_deadline: Millis,
    /// How long another host waits before it takes over.
    pub lease: Millis,
    /// How long a stop waits for what is under way.
    pub drain: Millis,
    /// How log lines look.
    pub log_format: LogFormat,
    /// By name; those that are not named have the defaults.
    pub task_queues: BTreeMap<String, TaskQueueConfig>,
    /// The built-in activities.
    pub activities: ActivitiesConfig,
}

/// One task queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskQueueConfig {
    /// Activities at the same time, on this host.
    pub concurrency: usize,
}

/// The built-in activities.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivitiesConfig {
    /// Requests to web services.
    pub http: HttpActivityConfig,
    /// Programs, by activity type.
    pub command: BTreeMap<String, CommandConfig>,
}

/// The activity `http`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpActivityConfig {
    /// Hosts that may be called; none if empty.
    pub allow: Vec<AllowedHost>,
}

/// A program that is an activity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandConfig {
    /// The file to run.
    pub program: PathBuf,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Its environment, beside what tells it of the attempt.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Of one call; the activity's own time limits hold as well.
    #[serde(default)]
    pub timeout: Option<Millis>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object each.
    Json,
}

/// The address of a database, whose password is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is no TOML of this form.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// A field has a value that makes no sense.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// Why not, and what would.
        problem: String,
    },
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7400".to_owned(),
            listen_unprotected: false,
            database: DatabaseUrl("sqlite:dalsegno.db".to_owned()),
            cache_dir: None,
            guest_threads: None,
            resident_bytes_max: ByteSize::from_mib(512),
            memory_bytes_max: ByteSize::from_mib(256),
            activation_deadline: Millis::from_secs(1),
            module_bytes_max: ByteSize::from_mib(32),
            compile_deadline: Millis::from_secs(300),
            lease: Millis::from_secs(10),
            drain: Millis::from_secs(5),
            log_format: LogFormat::Text,
            task_queues: BTreeMap::new(),
            activities: ActivitiesConfig::default(),
        }
    }
}

impl Default for TaskQueueConfig {
    fn default() -> Self {
        Self { concurrency: TASK_QUEUE_CONCURRENCY }
    }
}

impl HostConfig {
    /// From the text of a configuration file; what it leaves out has its default.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`]: no TOML, an unknown field, a value of another type.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Ok(toml::from_str(text)?)
    }

    /// Checks what has no sensible meaning.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the field and says what would be right.
    pub fn check(&self) -> Result<(), ConfigError> {
        let invalid = |field, problem: &str| Err(ConfigError::Invalid { field, problem: problem.to_owned() });
        if self.activation_deadline == Millis(0) {
            return invalid("activation_deadline", "is zero; use a millisecond or more");
        }
        if self.compile_deadline == Millis(0) {
            return invalid("compile_deadline", "is zero; use a second or more");
        }
        if self.lease < Millis::from_secs(1) {
            return invalid("lease", "is shorter than a second; the host would lose it all the time");
        }
        if self.module_bytes_max == ByteSize(0) || self.memory_bytes_max == ByteSize(0) {
            return invalid("module_bytes_max, memory_bytes_max", "must not be zero");
        }
        if self.task_queues.values().any(|queue| queue.concurrency == 0) {
            return invalid("task_queues", "a concurrency of zero would run nothing; use 1 or more");
        }
        self.check_listen()
    }

    /// Everybody who reaches the address may do everything, so it is loopback unless told otherwise.
    fn check_listen(&self) -> Result<(), ConfigError> {
        let invalid = |problem| ConfigError::Invalid { field: "listen", problem };
        let addresses = self.listen.to_socket_addrs();
        let addresses = addresses.map_err(|error| {
            invalid(format!("`{}` is no HOST:PORT of this machine: {error}", self.listen))
        })?;
        for address in addresses {
            if !address.ip().to_canonical().is_loopback() && !self.listen_unprotected {
                return Err(invalid(format!(
                    "{address} can be reached from other machines, and this version checks no credentials. Listen \
                     on 127.0.0.1, or set listen_unprotected if something before the host lets only the right \
                     people in"
                )));
            }
        }
        Ok(())
    }

    /// The folder of compiled modules: the configured one, or the customary one of this machine.
    #[must_use]
    pub fn cache_dir(&self) -> PathBuf {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let found = self.cache_dir.clone().or_else(|| variable("CACHE_DIRECTORY"));
        found
            .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("dalsegno")))
            .or_else(|| Some(variable("HOME")?.join(".cache").join("dalsegno")))
            .unwrap_or_else(|| PathBuf::from("dalsegno-cache"))
    }

    /// Activities of a task queue that run at the same time.
    #[must_use]
    pub fn concurrency(&self, task_queue: &str) -> usize {
        self.task_queues.get(task_queue).copied().unwrap_or_default().concurrency
    }
}

impl DatabaseUrl {
    /// The whole address, with the password if it has one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DatabaseUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl From<&str> for DatabaseUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.split_once("://").and_then(|(scheme, rest)| {
            let (user, place) = rest.rsplit_once('@')?;
            Some((scheme, user.split(':').next().unwrap_or_default(), place))
        });
        let Some((scheme, user, place)) = parts else {
            let shown = self.0.split('?').next().unwrap_or_default();
            return f.write_str(shown);
        };
        write!(f, "{scheme}://{user}@{}", place.split('?').next().unwrap_or_default())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("`{text}` is no log format; use text or json")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_defaults_are_the_defaults() {
        assert_eq!(HostConfig::from_toml(DEFAULTS_TOML).expect("it is right"), HostConfig::default());
        assert_eq!(HostConfig::from_toml("").expect("it is right"), HostConfig::default());
    }

    #[test]
    fn the_examples_of_the_defaults_are_right() {
        let lines = DEFAULTS_TOML.lines().map(|line| {
            let is_example = line.starts_with("# [")
                || line
                    .split_once(" = ")
                    .is_some_and(|(name, _)| name.strip_prefix("# ").is_some_and(|name| !name.contains(' ')));
            if is_example { &line[2..] } else { line }
        });
        let config = HostConfig::from_toml(&lines.collect::<Vec<_>>().join("\n")).expect("it is right");
        assert_eq!(config.concurrency("payments"), 50);
        assert_eq!(config.concurrency("other"), TASK_QUEUE_CONCURRENCY);
        assert_eq!(config.guest_threads, NonZeroUsize::new(4));
        assert!(config.cache_dir.is_some());
        let command = &config.activities.command["resize-image"];
        assert_eq!(command.timeout, Some(Millis::from_secs(300)));
    }

    #[test]
    fn an_unknown_field_is_told() {
        let error = HostConfig::from_toml("listne = \"127.0.0.1:1\"").expect_err("it is refused").to_string();
        assert!(error.contains("listne") && error.contains("listen"), "{error}");
    }

    #[test]
    fn loopback_is_the_limit_without_credentials() {
        let listening = |listen: &str, listen_unprotected| {
            HostConfig { listen: listen.to_owned(), listen_unprotected, ..HostConfig::default() }.check()
        };
        assert!(listening("127.0.0.1:0", false).is_ok());
        assert!(listening("[::1]:7400", false).is_ok());
        assert!(listening("0.0.0.0:7400", false).is_err());
        assert!(listening("[::]:7400", false).is_err());
        assert!(listening("0.0.0.0:7400", true).is_ok());
        assert!(listening("nonsense", false).is_err());
    }

    #[test]
    fn passwords_are_not_shown() {
        let url = DatabaseUrl::from("postgres://me:se:cr@t@db.example:5432/flows?password=x");
        assert_eq!(url.to_string(), "postgres://me@db.example:5432/flows");
        assert_eq!(format!("{:?}", DatabaseUrl::from("sqlite:dalsegno.db")), "sqlite:dalsegno.db");
    }
}
