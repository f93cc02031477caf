//! `dalsegno serve`

use std::{num::NonZeroUsize, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, builder::BoolishValueParser};
use dalsegno_engine::Millis;
use dalsegno_server::{
    Host,
    config::{AllowedHost, ByteSize, HostConfig, LogFormat},
    telemetry::logs,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{error::CliError, output};

const EXAMPLES: &str = "\
Examples:
  dalsegno serve
  dalsegno serve --database postgres://dalsegno@localhost/dalsegno --allow-http-host api.example.com
  dalsegno serve --listen 127.0.0.1:0 --config dalsegno.toml

A flag wins over its environment variable, that over the configuration file, and the file over the default; `dalsegno \
config` prints the file with everything that can be set. Once the host is ready to be asked, it prints `listening on \
http://ADDRESS`. SIGTERM or Ctrl-C stops it gracefully, a second one at once.";

/// The settings that a flag can give; `None` if it does not.
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "DALSEGNO_CONFIG")]
    config: Option<PathBuf>,
    /// Where to listen; port 0 is any free one [default: 127.0.0.1:7400]
    #[arg(long, value_name = "HOST:PORT", env = "DALSEGNO_LISTEN")]
    listen: Option<String>,
    /// Allow to listen on more than loopback, although no credentials are checked
    #[arg(long, env = "DALSEGNO_LISTEN_UNPROTECTED", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = BoolishValueParser::new())]
    listen_unprotected: Option<bool>,
    /// Where everything durable is kept: sqlite:FILE or postgres://USER@HOST/NAME [default: sqlite:dalsegno.db]
    #[arg(long, value_name = "URL", env = "DALSEGNO_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// A host that the activity `http` may call; repeat it for several, instead of those in the file
    #[arg(long, value_name = "HOST[:PORT]", env = "DALSEGNO_ALLOW_HTTP_HOST", value_delimiter = ',')]
    allow_http_host: Option<Vec<AllowedHost>>,
    /// The folder of compiled modules [default: ~/.cache/dalsegno]
    #[arg(long, value_name = "FOLDER", env = "DALSEGNO_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
    /// Threads that run workflow code [default: one for each processor]
    #[arg(long, value_name = "NUMBER", env = "DALSEGNO_GUEST_THREADS")]
    guest_threads: Option<NonZeroUsize>,
    /// Memory of resting guests that is kept [default: 512 MiB]
    #[arg(long, value_name = "SIZE", env = "DALSEGNO_RESIDENT_BYTES_MAX")]
    resident_bytes_max: Option<ByteSize>,
    /// Linear memory of one guest [default: 256 MiB]
    #[arg(long, value_name = "SIZE", env = "DALSEGNO_MEMORY_BYTES_MAX")]
    memory_bytes_max: Option<ByteSize>,
    /// Wall-clock time of one activation [default: 1s]
    #[arg(long, value_name = "DURATION", env = "DALSEGNO_ACTIVATION_DEADLINE")]
    activation_deadline: Option<Millis>,
    /// Size of an uploaded module [default: 32 MiB]
    #[arg(long, value_name = "SIZE", env = "DALSEGNO_MODULE_BYTES_MAX")]
    module_bytes_max: Option<ByteSize>,
    /// Time for compiling one module [default: 300s]
    #[arg(long, value_name = "DURATION", env = "DALSEGNO_COMPILE_DEADLINE")]
    compile_deadline: Option<Millis>,
    /// How long another host waits before it takes over [default: 10s]
    #[arg(long, value_name = "DURATION", env = "DALSEGNO_LEASE")]
    lease: Option<Millis>,
    /// How long a stop waits for what is under way [default: 5s]
    #[arg(long, value_name = "DURATION", env = "DALSEGNO_DRAIN")]
    drain: Option<Millis>,
    /// How log lines look: text or json; DALSEGNO_LOG filters them [default: text]
    #[arg(long, value_name = "FORM", env = "DALSEGNO_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

impl ServeArgs {
    /// The settings: the flags over the file over the defaults.
    fn config(self) -> Result<HostConfig, CliError> {
        let mut config = match &self.config {
            None => HostConfig::default(),
            Some(path) => read(path)?,
        };
        set(&mut config.listen, self.listen);
        set(&mut config.listen_unprotected, self.listen_unprotected);
        set(&mut config.database, self.database.map(Into::into));
        set(&mut config.activities.http.allow, self.allow_http_host);
        set(&mut config.resident_bytes_max, self.resident_bytes_max);
        set(&mut config.memory_bytes_max, self.memory_bytes_max);
        set(&mut config.activation_deadline, self.activation_deadline);
        set(&mut config.module_bytes_max, self.module_bytes_max);
        set(&mut config.compile_deadline, self.compile_deadline);
        set(&mut config.lease, self.lease);
        set(&mut config.drain, self.drain);
        set(&mut config.log_format, self.log_format);
        config.cache_dir = self.cache_dir.or(config.cache_dir);
        config.guest_threads = self.guest_threads.or(config.guest_threads);
        config.check().map_err(|error| CliError::usage(error.to_string()))?;
        Ok(config)
    }
}

fn set<T>(setting: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *setting = given;
    }
}

fn read(path: &std::path::Path) -> Result<HostConfig, CliError> {
    let wrong = |error: &dyn std::fmt::Display| CliError::usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    HostConfig::from_toml(&text).map_err(|error| wrong(&error))
}

/// Serves until told to stop.
pub(crate) fn run(args: ServeArgs) -> Result<(), CliError> {
    let config = args.config()?;
    logs::init(config.log_format).map_err(|error| CliError::usage(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the program cannot start its threads")?;
    runtime.block_on(serve(config))
}

async fn serve(config: HostConfig) -> Result<(), CliError> {
    let shutdown = CancellationToken::new();
    stop_on_signals(shutdown.clone())?;
    let build = Host::builder().config(config).build();
    let host = tokio::select! {
        host = build => host?,
        // Nothing has been taken on yet.
        () = shutdown.cancelled() => return Ok(()),
    };
    let address = host.address().context("the host has no address")?;
    match output::data(&format!("listening on http://{address}")) {
        // That nobody listens to what it says is no reason not to serve.
        Ok(()) | Err(CliError::OutputClosed) => {}
        Err(error) => return Err(error),
    }
    host.serve(shutdown).await?;
    tracing::info!("stopped");
    Ok(())
}

/// The first signal asks to stop, the second one ends the program.
pub(super) fn stop_on_signals(shutdown: CancellationToken) -> Result<(), CliError> {
    let listening = "signals cannot be listened to";
    let mut terminate = signal(SignalKind::terminate()).context(listening)?;
    let mut interrupt = signal(SignalKind::interrupt()).context(listening)?;
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            if shutdown.is_cancelled() {
                tracing::warn!(signal = name, "ending at once");
                std::process::exit(1);
            }
            tracing::info!(signal = name, "stopping; a second signal ends the host at once");
            shutdown.cancel();
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use dalsegno_server::config::DEFAULTS_TOML;

    use super::*;

    #[test]
    fn flags_win_over_the_file_and_the_file_over_the_defaults() {
        let folder = std::env::temp_dir().join(format!("dalsegno-cli-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let path = folder.join("dalsegno.toml");
        let text = "listen = \"127.0.0.1:1\"\nlease = \"20s\"\n[activities.http]\nallow = [\"a.example\"]\n";
        std::fs::write(&path, text).expect("a temporary file");
        let args = ServeArgs {
            config: Some(path),
            listen: Some("127.0.0.1:2".to_owned()),
            allow_http_host: Some(vec!["b.example:80".parse().expect("a host")]),
            ..ServeArgs::default()
        };
        let config = args.config().expect("the settings are right");
        std::fs::remove_dir_all(folder).expect("it is there");
        assert_eq!(config.listen, "127.0.0.1:2");
        assert_eq!(config.lease, Millis::from_secs(20));
        assert_eq!(config.drain, HostConfig::default().drain);
        assert_eq!(config.activities.http.allow, ["b.example:80".parse().expect("a host")]);
    }

    #[test]
    fn the_help_says_the_right_defaults() {
        let command = ServeArgs::augment_args(clap::Command::new("serve"));
        let mut checked = 0;
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let said = help.split_once("[default: ").map(|(_, said)| said.trim_end_matches(']').to_owned());
            let setting = format!("\n{} = \"", arg.get_id());
            let Some((_, rest)) = DEFAULTS_TOML.split_once(&setting) else { continue };
            let right = rest.split('"').next().map(ToOwned::to_owned);
            assert_eq!(said, right, "{}", arg.get_id());
            checked += 1;
        }
        assert!(checked >= 8, "{checked}");
    }

    #[test]
    fn wrong_settings_are_wrong_usage() {
        let args = ServeArgs { listen: Some("0.0.0.0:7400".to_owned()), ..ServeArgs::default() };
        assert!(matches!(args.config(), Err(CliError::Usage(text)) if text.contains("listen_unprotected")));
        let args = ServeArgs { config: Some("/nowhere.toml".into()), ..ServeArgs::default() };
        assert!(matches!(args.config(), Err(CliError::Usage(text)) if text.contains("/nowhere.toml")));
    }
}
