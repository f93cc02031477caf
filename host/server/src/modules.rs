//! Uploaded modules: checked, compiled, kept, and which of them new runs get.

mod arguments;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use dalsegno_engine::{
    Timestamp,
    ids::{ModuleDigest, Namespace, WorkflowType},
};
use dalsegno_sandbox::{CompileError, Module, ModuleDefinition, Refused, Sandbox, SandboxError};
use dalsegno_store::{ModuleRow, SharedStore, StoreError};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};

use arguments::{Schemas, check_schemas};

pub(crate) use arguments::{BadArguments, Call, Callee};

/// Refused uploads that are remembered, so that whoever polls is told why.
const REFUSED_REMEMBERED_MAX: usize = 256;
/// Modules that are compiled at a time; each takes memory and processors of its own.
const COMPILERS_MAX: usize = 2;

/// Why a module cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ModuleError {
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    #[error("the module {0} is not in the store")]
    Missing(ModuleDigest),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Broken(String),
}

impl From<StoreError> for ModuleError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<SandboxError> for ModuleError {
    fn from(error: SandboxError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<Refused> for ModuleError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused.to_string())
    }
}

impl From<CompileError> for ModuleError {
    fn from(error: CompileError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// What became of an upload, so far.
#[derive(Debug, Clone)]
pub(crate) enum Progress {
    Compiling,
    /// Kept; false: it was there.
    Ready(bool),
    Failed(ModuleError),
}

type UploadKey = (Namespace, ModuleDigest);

/// The modules of a host.
pub(crate) struct Modules {
    store: SharedStore,
    sandbox: Sandbox,
    uploads: Mutex<HashMap<UploadKey, watch::Receiver<Progress>>>,
    refused: Mutex<lru::LruCache<UploadKey, String>>,
    /// What is known to be deployed; only the owner of the runs deploys, so it stays true while owning.
    deployments: Mutex<HashMap<(Namespace, WorkflowType), ModuleDigest>>,
    definitions: Mutex<HashMap<ModuleDigest, Arc<ModuleDefinition>>>,
    schemas: Schemas,
    /// So that what is known to be deployed changes in the order in which the store does.
    deploying: tokio::sync::Mutex<()>,
    /// Places for compilers.
    compilers: Semaphore,
}

/// An upload.
#[derive(Clone)]
pub(crate) struct Upload {
    pub(crate) namespace: Namespace,
    pub(crate) digest: ModuleDigest,
    pub(crate) bytes: Bytes,
    /// Its types' new runs get it, even if they have another.
    pub(crate) deploy: bool,
}

impl Modules {
    pub(crate) fn new(store: SharedStore, sandbox: Sandbox) -> Self {
        let max = std::num::NonZeroUsize::new(REFUSED_REMEMBERED_MAX).unwrap_or(std::num::NonZeroUsize::MIN);
        Self {
            store,
            sandbox,
            uploads: Mutex::default(),
            refused: Mutex::new(lru::LruCache::new(max)),
            deployments: Mutex::default(),
            definitions: Mutex::default(),
            schemas: Schemas::default(),
            deploying: tokio::sync::Mutex::default(),
            compilers: Semaphore::new(COMPILERS_MAX),
        }
    }

    /// Another host may have deployed since.
    pub(crate) fn forget_deployments(&self) {
        self.deployments.lock().clear();
    }

    /// The module that new runs of a type get.
    pub(crate) async fn deployed(
        &self,
        namespace: &Namespace,
        workflow_type: &WorkflowType,
    ) -> Result<Option<ModuleDigest>, StoreError> {
        let key = (namespace.clone(), workflow_type.clone());
        if let Some(found) = self.deployments.lock().get(&key) {
            return Ok(Some(found.clone()));
        }
        let found = self.store.deployment(namespace, workflow_type).await?;
        // What was deployed while the store was asked is newer than its answer.
        Ok(found.map(|digest| self.deployments.lock().entry(key).or_insert(digest).clone()))
    }

    /// Makes a module the one that new runs of its types get.
    async fn deploy(
        &self,
        namespace: &Namespace,
        digest: &ModuleDigest,
        only_first: bool,
    ) -> Result<(), ModuleError> {
        let definition = self.definition(digest).await?;
        let _one_at_a_time = self.deploying.lock().await;
        for workflow in &definition.workflows {
            let workflow_type = WorkflowType::new(&workflow.name);
            let current = self.store.deploy(namespace, &workflow_type, digest, only_first).await?;
            self.deployments.lock().insert((namespace.clone(), workflow_type), current);
        }
        Ok(())
    }

    /// What a module holds.
    pub(crate) async fn definition(
        &self,
        digest: &ModuleDigest,
    ) -> Result<Arc<ModuleDefinition>, ModuleError> {
        if let Some(found) = self.definitions.lock().get(digest) {
            return Ok(found.clone());
        }
        let module = self.load(digest).await?;
        let definition =
            blocking(move || module.definitions().map_err(|error| ModuleError::Refused(error.to_report())))
                .await?;
        let definition = Arc::new(definition);
        self.definitions.lock().insert(digest.clone(), definition.clone());
        Ok(definition)
    }

    /// A module, ready to be instantiated. One whose compiled form is gone is compiled again.
    pub(crate) async fn load(&self, digest: &ModuleDigest) -> Result<Module, ModuleError> {
        if let Some(module) = self.sandbox.loaded(digest) {
            return Ok(module);
        }
        if let Some(module) = self.load_compiled(digest).await? {
            return Ok(module);
        }
        let bytes =
            self.store.module_bytes(digest).await?.ok_or_else(|| ModuleError::Missing(digest.clone()))?;
        self.compile(digest.clone(), bytes.into()).await?;
        self.load_compiled(digest)
            .await?
            .ok_or_else(|| ModuleError::Broken("the compiled module is gone".to_owned()))
    }

    async fn load_compiled(&self, digest: &ModuleDigest) -> Result<Option<Module>, ModuleError> {
        let (sandbox, digest) = (self.sandbox.clone(), digest.clone());
        blocking(move || Ok(sandbox.load(&digest)?)).await
    }

    async fn compile(&self, digest: ModuleDigest, bytes: Bytes) -> Result<(), ModuleError> {
        let _place =
            self.compilers.acquire().await.map_err(|error| ModuleError::Broken(error.to_string()))?;
        let sandbox = self.sandbox.clone();
        blocking(move || Ok(sandbox.compile(&digest, &bytes)?)).await
    }

    /// Takes an upload. The work goes on if the client does not wait for it.
    pub(crate) async fn upload(
        self: &Arc<Self>,
        upload: Upload,
        wait: Duration,
    ) -> Result<Progress, ModuleError> {
        let (sandbox, bytes) = (self.sandbox.clone(), upload.bytes.clone());
        blocking(move || Ok(sandbox.validate(&bytes)?)).await?;
        let mut progress = self.begin_upload(upload);
        let ended = progress.wait_for(|progress| !matches!(progress, Progress::Compiling));
        match tokio::time::timeout(wait, ended).await {
            Ok(Ok(ended)) => match &*ended {
                Progress::Failed(error) => Err(error.clone()),
                ended => Ok(ended.clone()),
            },
            Ok(Err(_)) => Err(ModuleError::Broken("the upload was given up".to_owned())),
            Err(_) => Ok(Progress::Compiling),
        }
    }

    fn begin_upload(self: &Arc<Self>, upload: Upload) -> watch::Receiver<Progress> {
        let key = (upload.namespace.clone(), upload.digest.clone());
        let mut uploads = self.uploads.lock();
        if let Some(progress) = uploads.get(&key).filter(|_| !upload.deploy) {
            return progress.clone();
        }
        let (tell, progress) = watch::channel(Progress::Compiling);
        uploads.insert(key.clone(), progress.clone());
        drop(uploads);
        let modules = self.clone();
        tokio::spawn(async move {
            let ended = match modules.keep(upload).await {
                Ok(new) => Progress::Ready(new),
                Err(error) => Progress::Failed(error),
            };
            if let Progress::Failed(ModuleError::Refused(problem)) = &ended {
                modules.refused.lock().put(key.clone(), problem.clone());
            }
            modules.uploads.lock().remove(&key);
            let _ = tell.send(ended);
        });
        progress
    }

    /// Compiles a module, asks it what it holds, and keeps it. False: it was there.
    async fn keep(&self, upload: Upload) -> Result<bool, ModuleError> {
        let Upload { namespace, digest, bytes, deploy } = upload;
        self.compile(digest.clone(), bytes.clone()).await?;
        let definition = self.definition(&digest).await?;
        check_definition(&definition)?;
        let checked = definition.clone();
        blocking(move || check_schemas(&checked).map_err(ModuleError::Refused)).await?;
        let row = ModuleRow {
            namespace: namespace.clone(),
            digest: digest.clone(),
            bytes: bytes.len() as u64,
            definition: serde_json::to_string(&*definition)
                .map_err(|error| ModuleError::Broken(error.to_string()))?,
            uploaded_at: now(),
        };
        let new = self.store.put_module(&row, &bytes).await?;
        self.deploy(&namespace, &digest, !deploy).await?;
        tracing::info!(%namespace, module = %digest, new, "a module was uploaded");
        Ok(new)
    }

    /// Whether a module is being compiled, or was refused, and why.
    pub(crate) fn unfinished(&self, namespace: &Namespace, digest: &ModuleDigest) -> Option<Progress> {
        let key = (namespace.clone(), digest.clone());
        if let Some(progress) = self.uploads.lock().get(&key) {
            return Some(progress.borrow().clone());
        }
        let refused = self.refused.lock().get(&key).cloned();
        refused.map(|problem| Progress::Failed(ModuleError::Refused(problem)))
    }
}

fn check_definition(definition: &ModuleDefinition) -> Result<(), ModuleError> {
    if definition.workflows.is_empty() {
        return Err(ModuleError::Refused("the module defines no workflow; export at least one".to_owned()));
    }
    let mut names = std::collections::BTreeSet::new();
    for workflow in &definition.workflows {
        if let Err(problem) = WorkflowType::parse(&workflow.name) {
            return Err(ModuleError::Refused(format!("a workflow type of the module {problem}")));
        }
        if !names.insert(&workflow.name) {
            return Err(ModuleError::Refused(format!(
                "the module defines the workflow `{}` twice",
                workflow.name
            )));
        }
    }
    Ok(())
}

/// When a module was uploaded is for people; nothing depends on it.
fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ModuleError> + Send + 'static,
) -> Result<T, ModuleError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ModuleError::Broken(format!("work on a module was lost: {error}"))),
    }
}
