//! A host in a process of its own.

pub(crate) mod child;
mod process;

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use self::child::Line;
use crate::http::Client;

/// How long a host may take to start; its first migration is the longest part.
const START_MAX: Duration = Duration::from_secs(60);
/// How long an activity may take to begin before something is wrong.
const MARK_MAX: Duration = Duration::from_secs(30);

/// How a host differs from one with defaults.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HostOptions {
    /// Memory of resting guests that is kept, in MiB.
    pub(crate) resident_mib: Option<u64>,
}

/// A host that runs; dropping it kills it.
pub(crate) struct HostProcess {
    address: SocketAddr,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl HostProcess {
    /// Starts one on a database.
    pub(crate) async fn start(database: &str, cache: &Path, options: HostOptions) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["host", "--database", database, "--cache"]).arg(cache);
        if let Some(mebibytes) = options.resident_mib {
            command.args(["--resident-mib", &mebibytes.to_string()]);
        }
        // The host ends with its stdin, so that it cannot outlive this process whatever happens.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start a host")?;
        let output = child.stdout.take().context("the host has no stdout")?;
        let mut lines = BufReader::new(output).lines();
        let first =
            tokio::time::timeout(START_MAX, lines.next_line()).await.context("the host does not start")??;
        let Some(Line::Listening(address)) = first.as_deref().and_then(Line::parse) else {
            bail!("the host ended at its start; see above");
        };
        let host = Self { address, child, lines };
        host.is_ready().await?;
        Ok(host)
    }

    /// Waits until it owns the runs.
    async fn is_ready(&self) -> anyhow::Result<()> {
        let begun = std::time::Instant::now();
        while let Err(error) = self.client().await?.ready().await {
            if begun.elapsed() > START_MAX {
                return Err(error.context("the host does not become ready"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client of it.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        Client::connect(self.address).await
    }

    /// When the marked activity of a workflow began, in nanoseconds of the machine's clock.
    pub(crate) async fn mark(&mut self, workflow_id: &str) -> anyhow::Result<u64> {
        loop {
            let line = tokio::time::timeout(MARK_MAX, self.lines.next_line()).await;
            let line = line.context("the activity did not begin")??.context("the host ended")?;
            match Line::parse(&line) {
                Some(Line::Mark { workflow, nanos }) if workflow == workflow_id => return Ok(nanos),
                Some(_) => {}
                None => bail!("the host said what nobody understands: {line}"),
            }
        }
    }

    /// Processor time it has used, and its memory.
    pub(crate) fn usage(&self) -> anyhow::Result<process::Usage> {
        process::Usage::of(self.child.id().context("the host ended")?)
    }

    /// Lets it stop by itself, as an operator would.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        self.child.wait().await?;
        Ok(())
    }
}
