//! Uploaded modules: checked, compiled, kept, and which of them new runs get.

mod arguments;
mod uploads;

use std::{num::NonZeroUsize, sync::Arc};

use bytes::Bytes;
use dalsegno_engine::ids::{ModuleDigest, Namespace, WorkflowType};
use dalsegno_sandbox::{CompileError, Module, ModuleDefinition, Refused, Sandbox, SandboxError};
use dalsegno_store::{SharedStore, StoreError};
use lru::LruCache;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::turns::Turns;

use arguments::Schemas;
use uploads::Uploads;

pub(crate) use arguments::{BadArguments, Call, Callee};
pub(crate) use uploads::{Progress, Upload};

/// Modules whose definitions are kept in memory.
const DEFINITIONS_MAX: NonZeroUsize = NonZeroUsize::new(256).expect("it is positive");
/// Workflow types whose deployments are kept in memory.
const DEPLOYMENTS_MAX: NonZeroUsize = NonZeroUsize::new(10_000).expect("it is positive");
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
    #[error("{0} modules are being uploaded already")]
    TooManyUploads(usize),
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

/// The modules of a host.
pub(crate) struct Modules {
    store: SharedStore,
    sandbox: Sandbox,
    uploads: Uploads,
    /// What is known to be deployed; only the owner of the runs deploys, so it stays true while owning.
    deployments: Mutex<LruCache<(Namespace, WorkflowType), ModuleDigest>>,
    definitions: Mutex<LruCache<ModuleDigest, Arc<ModuleDefinition>>>,
    schemas: Schemas,
    /// So that what is known to be deployed changes in the order in which the store does.
    deploying: tokio::sync::Mutex<()>,
    /// A module is compiled once, whoever wants it.
    compiling: Turns<ModuleDigest>,
    /// Places for compilers.
    compilers: Semaphore,
}

impl Modules {
    pub(crate) fn new(store: SharedStore, sandbox: Sandbox) -> Self {
        Self {
            store,
            sandbox,
            uploads: Uploads::default(),
            deployments: Mutex::new(LruCache::new(DEPLOYMENTS_MAX)),
            definitions: Mutex::new(LruCache::new(DEFINITIONS_MAX)),
            schemas: Schemas::default(),
            deploying: tokio::sync::Mutex::default(),
            compiling: Turns::default(),
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
        Ok(found.map(|digest| self.deployments.lock().get_or_insert(key, || digest).clone()))
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
            self.deployments.lock().put((namespace.clone(), workflow_type), current);
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
        self.definitions.lock().put(digest.clone(), definition.clone());
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
        let stored = async {
            let bytes = self.store.module_bytes(digest).await?;
            bytes.map(Bytes::from).ok_or_else(|| ModuleError::Missing(digest.clone()))
        };
        self.compile(digest, stored).await
    }

    /// A module that is in memory already; never blocks.
    pub(crate) fn loaded(&self, digest: &ModuleDigest) -> Option<Module> {
        self.sandbox.loaded(digest)
    }

    async fn load_compiled(&self, digest: &ModuleDigest) -> Result<Option<Module>, ModuleError> {
        let (sandbox, digest) = (self.sandbox.clone(), digest.clone());
        blocking(move || Ok(sandbox.load(&digest)?)).await
    }

    /// Compiles a module, unless another who wants it has done so meanwhile. Its bytes are asked for once it can be.
    async fn compile(
        &self,
        digest: &ModuleDigest,
        bytes: impl Future<Output = Result<Bytes, ModuleError>>,
    ) -> Result<Module, ModuleError> {
        let _turn = self.compiling.take(digest).await;
        if let Some(module) = self.load_compiled(digest).await? {
            return Ok(module);
        }
        let _place =
            self.compilers.acquire().await.map_err(|error| ModuleError::Broken(error.to_string()))?;
        let (sandbox, digest_to_compile, bytes) = (self.sandbox.clone(), digest.clone(), bytes.await?);
        blocking(move || Ok(sandbox.compile(&digest_to_compile, &bytes)?)).await?;
        let module = self.load_compiled(digest).await?;
        module.ok_or_else(|| ModuleError::Broken("the compiled module is gone".to_owned()))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ModuleError> + Send + 'static,
) -> Result<T, ModuleError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ModuleError::Broken(format!("work on a module was lost: {error}"))),
    }
}
