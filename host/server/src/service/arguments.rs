//! Arguments, checked by the schemas that a module gives, before anything is accepted.
//!
//! A module need not give any. What it gives may be meant to harm: a check that may take long is done beside the
//! others, two at a time at most for each module, and a module whose checks take too long is not checked any more.

mod handler;

use std::{
    num::NonZeroUsize,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use dalsegno_engine::{Payload, ids::ModuleDigest};
use dalsegno_sandbox::ModuleDefinition;
use lru::LruCache;
use parking_lot::Mutex;

use super::{ErrorCode, RunRef, Service, ServiceError, lookup};
use crate::owner::Owner;

pub(crate) use handler::check_schemas;
use handler::{Effort, ModuleSchemas};

/// Modules whose schemas are kept compiled.
const MODULES_MAX: NonZeroUsize = NonZeroUsize::new(64).expect("it is positive");
/// How long a long check is waited for.
const LONG_CHECK_WAIT_MAX: Duration = Duration::from_secs(2);

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call<'a> {
    Start,
    Signal(&'a str),
    Query(&'a str),
    Update(&'a str),
}

/// The schemas of the modules that are in use.
pub(super) struct Schemas(Mutex<LruCache<ModuleDigest, Arc<ModuleSchemas>>>);

impl Default for Schemas {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MODULES_MAX)))
    }
}

impl Service {
    /// Refuses arguments that do not fit what the newest run, or the one that is meant, has a schema for.
    ///
    /// # Errors
    /// [`ErrorCode::BadArguments`]. Whatever else is wrong is for the call itself to say.
    pub(super) async fn check_arguments_of(
        &self,
        run: &RunRef,
        call: Call<'_>,
        input: &[Payload],
    ) -> Result<(), ServiceError> {
        let Ok(owner) = self.owner() else { return Ok(()) };
        let found = match self.open_run(&owner, run).await {
            Ok(Some(handle)) => (handle.module.digest().clone(), handle.info.started.workflow_type.clone()),
            _ => match self.resolve(run).await {
                Ok(row) => (row.module, row.workflow_type),
                Err(_) => return Ok(()),
            },
        };
        self.check_arguments(&owner, &found.0, found.1.as_str(), call, input).await
    }

    /// Refuses arguments that do not fit what this module has a schema for.
    ///
    /// # Errors
    /// [`ErrorCode::BadArguments`].
    pub(super) async fn check_arguments(
        &self,
        owner: &Owner,
        module: &ModuleDigest,
        workflow_type: &str,
        call: Call<'_>,
        input: &[Payload],
    ) -> Result<(), ServiceError> {
        let schemas = match self.schemas.known(module) {
            Some(schemas) => schemas,
            None => {
                let definition = owner.modules.definition(module).await.map_err(lookup::module)?;
                self.schemas.read(module, &definition)
            }
        };
        let Some(handler) = schemas.handler(workflow_type, call) else { return Ok(()) };
        let checked = match handler.effort(input) {
            Effort::Short => handler.check(input),
            Effort::Long => {
                let (handler, input) = (handler.clone(), input.to_vec());
                check_long(module, &schemas, move || handler.check(&input)).await
            }
        };
        checked.map_err(|problem| ServiceError::new(ErrorCode::BadArguments, format!("{call}: {problem}")))
    }
}

impl Schemas {
    fn known(&self, module: &ModuleDigest) -> Option<Arc<ModuleSchemas>> {
        self.0.lock().get(module).cloned()
    }

    fn read(&self, module: &ModuleDigest, definition: &ModuleDefinition) -> Arc<ModuleSchemas> {
        let schemas = Arc::new(ModuleSchemas::of(definition));
        self.0.lock().put(module.clone(), schemas.clone());
        schemas
    }
}

/// A check that may never end keeps its place, not its caller; then there are no more of its module.
async fn check_long(
    module: &ModuleDigest,
    schemas: &ModuleSchemas,
    check: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> Result<(), String> {
    if schemas.given_up.load(Ordering::Relaxed) {
        return Ok(());
    }
    let places = schemas.long_checks.clone();
    let checked = tokio::time::timeout(LONG_CHECK_WAIT_MAX, async move {
        let place = places.acquire_owned().await;
        let checked = tokio::task::spawn_blocking(move || {
            let checked = check();
            drop(place);
            checked
        });
        checked.await.unwrap_or(Ok(()))
    });
    checked.await.unwrap_or_else(|_| {
        schemas.given_up.store(true, Ordering::Relaxed);
        tracing::warn!(%module, "arguments take too long to check: workflows of the module get them unchecked");
        Ok(())
    })
}

impl std::fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start => f.write_str("the workflow's arguments"),
            Self::Signal(name) => write!(f, "the arguments of the signal `{name}`"),
            Self::Query(name) => write!(f, "the arguments of the query `{name}`"),
            Self::Update(name) => write!(f, "the arguments of the update `{name}`"),
        }
    }
}
