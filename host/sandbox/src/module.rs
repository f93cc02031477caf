//! A module, compiled and linked: what guests are made from.

use std::sync::{Arc, OnceLock};

use dalsegno_engine::{guest::ActivationError, ids::ModuleDigest};
use wasmtime::component::Component;

use crate::{Instance, ModuleDefinition, bindings::WorkflowPre, context::Context, runtime::Runtime, wasi};

/// A module in memory; cheap to clone.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

pub(crate) struct Inner {
    digest: ModuleDigest,
    pre: WorkflowPre<Context>,
    runtime: Arc<Runtime>,
    definitions: OnceLock<ModuleDefinition>,
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Module").field(self.digest()).finish()
    }
}

impl Module {
    /// Links a compiled component.
    ///
    /// # Errors
    /// The component does not fit the contract.
    pub(crate) fn link(
        runtime: Arc<Runtime>,
        digest: ModuleDigest,
        component: &Component,
    ) -> wasmtime::Result<Self> {
        let linker = wasi::linker_for(&runtime.linker, component)?;
        let pre = WorkflowPre::new(linker.instantiate_pre(component)?)?;
        Ok(Self(Arc::new(Inner { digest, pre, runtime, definitions: OnceLock::new() })))
    }

    /// Its name by content.
    #[must_use]
    pub fn digest(&self) -> &ModuleDigest {
        &self.0.digest
    }

    /// What it says it holds. The guest is asked once, in an instance of its own.
    ///
    /// # Errors
    /// [`ActivationError`]: it trapped, or exceeded a limit.
    pub fn definitions(&self) -> Result<ModuleDefinition, ActivationError> {
        if let Some(definitions) = self.0.definitions.get() {
            return Ok(definitions.clone());
        }
        let definitions = Instance::new(self, None)?.definitions()?;
        Ok(self.0.definitions.get_or_init(|| definitions).clone())
    }

    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.0.runtime
    }

    pub(crate) fn pre(&self) -> &WorkflowPre<Context> {
        &self.0.pre
    }

    pub(crate) fn downgrade(&self) -> std::sync::Weak<Inner> {
        Arc::downgrade(&self.0)
    }

    pub(crate) fn upgrade(weak: &std::sync::Weak<Inner>) -> Option<Self> {
        weak.upgrade().map(Self)
    }
}
