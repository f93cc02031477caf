//! A client as lean as can be: it shares the processors with the host that it measures.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// How long one call waits for a result, in seconds.
const WAIT_SECONDS: u64 = 30;
/// Wait before asking a host again that has no room.
const BACK_OFF: Duration = Duration::from_millis(10);

/// One client, on one connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
    written: Vec<u8>,
}

/// The answer to a call.
struct Reply {
    status: u16,
    body: Vec<u8>,
}

/// A workflow that was started.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Started {
    pub(crate) workflow_id: String,
    pub(crate) run_id: String,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new(), written: Vec::new() })
    }

    /// Whether the host owns the runs.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<()> {
        self.call("GET", "/readyz", "", &[]).await?.expect(&[200]).map(drop)
    }

    /// Uploads a module.
    pub(crate) async fn upload(&mut self, component: &[u8]) -> anyhow::Result<()> {
        let reply = self
            .call("POST", "/api/v1/namespaces/default/modules?wait=60s", "application/wasm", component)
            .await?;
        reply.expect(&[200, 201]).map(drop)
    }

    /// Starts a workflow; a host that has no room is asked again. Also tells how often that was.
    pub(crate) async fn start(
        &mut self,
        workflow_type: &str,
        arguments: &[Value],
    ) -> anyhow::Result<(Started, u64)> {
        let body = json!({ "workflow_type": workflow_type, "input": arguments }).to_string();
        let mut refused = 0;
        loop {
            let reply = self.post("/api/v1/namespaces/default/workflows", &body).await?;
            if matches!(reply.status, 429 | 503) {
                refused += 1;
                tokio::time::sleep(BACK_OFF).await;
                continue;
            }
            return Ok((serde_json::from_slice(&reply.expect(&[201])?.body)?, refused));
        }
    }

    /// Waits for the end of a workflow, which has to be a good one.
    pub(crate) async fn finish(&mut self, started: &Started) -> anyhow::Result<()> {
        let Started { workflow_id, run_id } = started;
        let path = format!(
            "/api/v1/namespaces/default/workflows/{workflow_id}/result?run_id={run_id}&wait={WAIT_SECONDS}s"
        );
        loop {
            let reply = self.call("GET", &path, "", &[]).await?.expect(&[200, 202])?;
            if reply.status == 200 {
                let result: Value = serde_json::from_slice(&reply.body)?;
                if result["status"] != "completed" {
                    bail!("a workflow did not complete: {result}");
                }
                return Ok(());
            }
        }
    }

    /// Sends a signal.
    pub(crate) async fn signal(&mut self, workflow_id: &str, name: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/namespaces/default/workflows/{workflow_id}/signals/{name}");
        self.post(&path, r#"{"input":["thirty-two bytes of an argument."]}"#).await?.expect(&[202]).map(drop)
    }

    /// Asks a query.
    pub(crate) async fn query(&mut self, workflow_id: &str, name: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/namespaces/default/workflows/{workflow_id}/queries/{name}");
        self.post(&path, "{}").await?.expect(&[200]).map(drop)
    }

    /// Events of a history; 1,000 at most are counted.
    pub(crate) async fn events(&mut self, workflow_id: &str) -> anyhow::Result<usize> {
        let path = format!("/api/v1/namespaces/default/workflows/{workflow_id}/history?page_size=1000");
        let reply = self.call("GET", &path, "", &[]).await?.expect(&[200])?;
        let page: Value = serde_json::from_slice(&reply.body)?;
        Ok(page["events"].as_array().map_or(0, Vec::len))
    }

    /// What the host counts, by name with labels.
    pub(crate) async fn metrics(&mut self) -> anyhow::Result<Metrics> {
        let reply = self.call("GET", "/metrics", "", &[]).await?.expect(&[200])?;
        let text = String::from_utf8(reply.body)?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let values = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Ok(Metrics(values.collect()))
    }

    async fn post(&mut self, path: &str, body: &str) -> anyhow::Result<Reply> {
        self.call("POST", path, "application/json", body.as_bytes()).await
    }

    async fn call(
        &mut self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> anyhow::Result<Reply> {
        use std::io::Write as _;
        self.written.clear();
        write!(
            self.written,
            "{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n",
            body.len()
        )?;
        if !content_type.is_empty() {
            write!(self.written, "content-type: {content_type}\r\n")?;
        }
        self.written.extend_from_slice(b"\r\n");
        self.written.extend_from_slice(body);
        self.stream.write_all(&self.written).await?;
        self.reply().await.with_context(|| format!("{method} {path}"))
    }

    async fn reply(&mut self) -> anyhow::Result<Reply> {
        self.read.clear();
        let head = loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            self.receive().await?;
        };
        let (status, length) = parse_head(std::str::from_utf8(&self.read[..head])?)?;
        let end = head + 4 + length;
        while self.read.len() < end {
            self.receive().await?;
        }
        Ok(Reply { status, body: self.read[head + 4..end].to_vec() })
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.read).await? == 0 {
            bail!("the host closed the connection");
        }
        Ok(())
    }
}

impl Reply {
    fn expect(self, statuses: &[u16]) -> anyhow::Result<Self> {
        if !statuses.contains(&self.status) {
            bail!("the host answered {}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        Ok(self)
    }
}

/// Status and length of the body.
fn parse_head(head: &str) -> anyhow::Result<(u16, usize)> {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("an answer in chunks, which this client does not read");
        }
    }
    Ok((status.context("no status line")?, length))
}

/// What a host counted until some moment.
pub(crate) struct Metrics(HashMap<String, f64>);

impl Metrics {
    /// A counter or gauge; zero if nothing was counted yet.
    pub(crate) fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// Batches committed.
    pub(crate) fn commits(&self) -> f64 {
        self.get("dalsegno_commit_seconds_count")
    }

    /// Time of all these.
    pub(crate) fn commit_seconds(&self) -> f64 {
        self.get("dalsegno_commit_seconds_sum")
    }

    /// Runs that completed.
    pub(crate) fn completed(&self) -> f64 {
        self.get("dalsegno_runs_closed_total{status=\"completed\"}")
    }

    /// Guests that were brought to the present by a replay.
    pub(crate) fn replays(&self) -> f64 {
        self.get("dalsegno_replays_total")
    }
}
