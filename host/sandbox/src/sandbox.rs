//! The sandbox: modules in, guests out.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Weak},
};

use dalsegno_engine::{
    guest::{ActivationError, RunInfo},
    ids::ModuleDigest,
};
use lru::LruCache;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::{
    CompileError, Instance, Module, Refused, SandboxConfig, SandboxError, artifacts::Artifacts, compile,
    module, runtime::Runtime, validate,
};

/// Compiles, loads and instantiates modules; cheap to clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    runtime: Arc<Runtime>,
    artifacts: Artifacts,
    loaded: Mutex<Loaded>,
}

/// Modules in memory: all that are in use, and the last used.
struct Loaded {
    all: HashMap<ModuleDigest, Weak<module::Inner>>,
    recent: LruCache<ModuleDigest, Module>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("config", &self.0.runtime.config).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts an engine, with the folder of its artifacts.
    ///
    /// # Errors
    /// [`SandboxError`]: the folder cannot be used, or the machine cannot run the engine.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        compile::check_not_child()?;
        Self::on(Runtime::new(config)?)
    }

    pub(crate) fn on(runtime: Arc<Runtime>) -> Result<Self, SandboxError> {
        let artifacts = Artifacts::open(&runtime.config.cache_dir)?;
        let recent = NonZeroUsize::new(runtime.config.idle_modules_max).unwrap_or(NonZeroUsize::MIN);
        let loaded = Loaded { all: HashMap::new(), recent: LruCache::new(recent) };
        Ok(Self(Arc::new(Inner { runtime, artifacts, loaded: Mutex::new(loaded) })))
    }

    /// The name of a module by content: `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn digest(bytes: &[u8]) -> ModuleDigest {
        let digest = Sha256::digest(bytes);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        ModuleDigest::new(format!("sha256:{hex}"))
    }

    /// Whether `bytes` are a module that this host may run, without compiling them.
    ///
    /// Never panics, and takes time linear in the bytes.
    ///
    /// # Errors
    /// [`Refused`] says why not, and what to do.
    pub fn validate(&self, bytes: &[u8]) -> Result<(), Refused> {
        let runtime = &self.0.runtime;
        validate::validate(&runtime.engine, bytes, runtime.config.module_bytes_max)
    }

    /// Compiles a module into the cache, unless it is there. Blocks, up to the deadline.
    ///
    /// # Errors
    /// [`CompileError`]; nothing is left in the cache.
    pub fn compile(&self, digest: &ModuleDigest, bytes: &[u8]) -> Result<(), CompileError> {
        let Inner { runtime, artifacts, .. } = &*self.0;
        let path = artifacts.path(digest, &runtime.compatibility);
        if path.exists() {
            return Ok(());
        }
        compile::compile(runtime, artifacts, &path, bytes)
    }

    /// A module that is in memory already; never blocks.
    #[must_use]
    pub fn loaded(&self, digest: &ModuleDigest) -> Option<Module> {
        self.0.loaded.lock().get(digest)
    }

    /// A compiled module; `None` if the cache does not have it, or not from this host's version.
    ///
    /// # Errors
    /// [`SandboxError`]: the cache cannot be read, or what it has does not fit.
    pub fn load(&self, digest: &ModuleDigest) -> Result<Option<Module>, SandboxError> {
        if let Some(module) = self.loaded(digest) {
            return Ok(Some(module));
        }
        let Inner { runtime, artifacts, .. } = &*self.0;
        let path = artifacts.path(digest, &runtime.compatibility);
        let Some(component) = artifacts.load(&runtime.engine, &path)? else { return Ok(None) };
        let module = Module::link(runtime.clone(), digest.clone(), &component)
            .map_err(|error| SandboxError::Artifact { path, message: format!("{error:#}") })?;
        Ok(Some(self.0.loaded.lock().insert(module)))
    }

    /// Makes a guest: the code of one run, before its first activation.
    ///
    /// # Errors
    /// [`ActivationError`]: no room for another guest, or its own initialisation failed.
    pub fn instantiate(&self, module: &Module, info: RunInfo) -> Result<Instance, ActivationError> {
        Instance::new(module, Some(info))
    }
}

impl Loaded {
    fn get(&mut self, digest: &ModuleDigest) -> Option<Module> {
        let module = Module::upgrade(self.all.get(digest)?)?;
        self.recent.put(digest.clone(), module.clone());
        Some(module)
    }

    /// The module, or the one that another thread loaded meanwhile.
    fn insert(&mut self, module: Module) -> Module {
        if let Some(loaded) = self.get(module.digest()) {
            return loaded;
        }
        self.all.retain(|_, module| module.strong_count() > 0);
        self.all.insert(module.digest().clone(), module.downgrade());
        self.recent.put(module.digest().clone(), module.clone());
        module
    }
}
