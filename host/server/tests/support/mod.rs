//! A host in this process, on a database of its own, and short words for what tests ask of it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use dalsegno_engine::{
    Payload,
    ids::{Namespace, RequestId, RunId, WorkflowId, WorkflowType},
};
use dalsegno_sandbox::{Compiler, Sandbox, SandboxConfig};
use dalsegno_server::{
    Host, HostBuilder,
    config::HostConfig,
    service::{
        IdConflictPolicy, IdReusePolicy, ResultRequest, RunRef, RunResult, Service, ServiceError,
        SignalRequest, StartRequest, Started,
    },
};
use tempfile::TempDir;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// No step of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where databases and compiled modules of one test are kept.
pub(crate) struct Folder(TempDir);

/// Hosts at the same time: each reserves 35 TiB of addresses for its guests, of the 128 TiB that a process has.
static HOSTS: Semaphore = Semaphore::const_new(2);

/// A host that runs.
pub(crate) struct Running {
    pub(crate) service: Arc<Service>,
    shutdown: CancellationToken,
    served: JoinHandle<anyhow::Result<()>>,
    _place: SemaphorePermit<'static>,
}

/// Where `tests/toolchain/guests` puts the guests.
fn guest(package: &str) -> Vec<u8> {
    let folder = std::env::var_os("DALSEGNO_GUESTS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/wasm"),
        PathBuf::from,
    );
    let path = folder.join(format!("{package}.wasm"));
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `tests/toolchain/guests`", path.display()))
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a folder for the test"))
    }

    /// A database that outlives a host.
    pub(crate) fn database(&self) -> String {
        format!("sqlite:{}", self.0.path().join("dalsegno.db").display())
    }

    /// Settings on a database in memory, which goes with the host.
    pub(crate) fn config(&self) -> HostConfig {
        HostConfig {
            listen: "127.0.0.1:0".to_owned(),
            database: "sqlite::memory:".into(),
            cache_dir: Some(self.0.path().join("cache")),
            ..HostConfig::default()
        }
    }

    /// Compiles a guest in this process, because a test cannot be started again as a compiler.
    fn compile(&self, config: &HostConfig, bytes: &[u8]) {
        let sandbox = Sandbox::new(SandboxConfig {
            cache_dir: config.cache_dir.clone().expect("set above"),
            memory_bytes_max: config.memory_bytes_max.as_usize(),
            compiler: Compiler::ThisProcess,
            instances_max: 1,
            ..SandboxConfig::default()
        });
        let sandbox = sandbox.expect("a sandbox");
        sandbox.compile(&Sandbox::digest(bytes), bytes).expect("a guest compiles");
    }

    /// Serves with these settings and guests.
    pub(crate) async fn serve(&self, config: HostConfig, builder: HostBuilder, guests: &[&str]) -> Running {
        let place = HOSTS.acquire().await.expect("never closed");
        let guests: Vec<Vec<u8>> = guests.iter().map(|package| guest(package)).collect();
        guests.iter().for_each(|bytes| self.compile(&config, bytes));
        let host: Host = builder.config(config).build().await.expect("a host");
        let (service, shutdown) = (host.service(), CancellationToken::new());
        let served = tokio::spawn(host.serve(shutdown.clone()));
        while service.not_ready().await.is_some() {
            tokio::task::yield_now().await;
        }
        for bytes in guests {
            service.upload(&namespace(), bytes.into(), PATIENCE, false).await.expect("an upload");
        }
        Running { service, shutdown, served, _place: place }
    }
}

impl Running {
    /// Tells the host to stop, and waits until it has begun to.
    pub(crate) async fn begin_to_stop(&self) {
        self.shutdown.cancel();
        let reason = loop {
            match self.service.not_ready().await {
                Some(reason) => break reason,
                None => tokio::task::yield_now().await,
            }
        };
        assert_eq!(reason, "the host is stopping");
    }

    /// Waits for the host to stop.
    pub(crate) async fn stopped(self) {
        self.shutdown.cancel();
        let served = tokio::time::timeout(PATIENCE, self.served).await;
        served.expect("the host stops in time").expect("it does not panic").expect("it stops well");
    }

    pub(crate) async fn start(&self, request: StartRequest) -> Result<Started, ServiceError> {
        self.service.start(request).await
    }

    pub(crate) async fn signal(&self, id: &str, name: &str, argument: &str) -> Result<(), ServiceError> {
        self.signal_with(id, name, vec![Payload::json(argument.to_owned())]).await
    }

    pub(crate) async fn signal_with(
        &self,
        id: &str,
        name: &str,
        input: Vec<Payload>,
    ) -> Result<(), ServiceError> {
        let name = name.to_owned();
        let request = SignalRequest { name, input, headers: Vec::new(), request_id: None };
        self.service.signal(&workflow(id), request).await
    }

    /// The end of a workflow's newest run.
    pub(crate) async fn ended(&self, id: &str) -> RunResult {
        let ended = self.service.result(&workflow(id), ResultRequest { wait: PATIENCE, follow: true }).await;
        ended.expect("there is such a workflow")
    }

    /// The result of a workflow that completes, as JSON.
    pub(crate) async fn result(&self, id: &str) -> String {
        let ended = self.ended(id).await;
        let result = ended.outcome.expect("it ends in time").expect("it completes");
        result.and_then(|payload| payload.as_json().map(str::to_owned)).unwrap_or_default()
    }

    /// The runs of a workflow, the newest first.
    pub(crate) async fn runs(&self, id: &str) -> Vec<RunId> {
        let page = dalsegno_store::ListPage {
            workflow_id: Some(WorkflowId::new(id)),
            limit: 100,
            ..dalsegno_store::ListPage::default()
        };
        let runs = self.service.list(&namespace(), &page).await.expect("a list");
        runs.into_iter().map(|row| row.key.run_id).collect()
    }
}

fn namespace() -> Namespace {
    Namespace::new("default")
}

fn workflow(id: &str) -> RunRef {
    RunRef { namespace: namespace(), workflow_id: WorkflowId::new(id), run_id: None }
}

/// A workflow to start.
pub(crate) fn request(workflow_type: &str, id: &str, argument: &str) -> StartRequest {
    StartRequest {
        namespace: namespace(),
        workflow_type: WorkflowType::new(workflow_type),
        workflow_id: Some(WorkflowId::new(id)),
        input: vec![Payload::json(argument.to_owned())],
        headers: Vec::new(),
        request_id: None,
        task_queue: None,
        id_reuse_policy: IdReusePolicy::default(),
        id_conflict_policy: IdConflictPolicy::default(),
        execution_timeout: None,
        run_timeout: None,
        start_delay: None,
        retry_policy: None,
        memo: std::collections::BTreeMap::new(),
        search_attributes: std::collections::BTreeMap::new(),
        module: None,
    }
}

/// The same, marked by the client.
pub(crate) fn marked(request_id: &str, request: StartRequest) -> StartRequest {
    StartRequest { request_id: Some(RequestId::new(request_id)), ..request }
}

/// The same, with another answer to an open run of the id.
pub(crate) fn on_conflict(id_conflict_policy: IdConflictPolicy, request: StartRequest) -> StartRequest {
    StartRequest { id_conflict_policy, ..request }
}
