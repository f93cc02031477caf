//! Arguments, checked by the schemas that a module gives, before anything is accepted.
//!
//! A module need not give any. What it gives may be meant to harm: a check that may take long is done beside the
//! others, two at a time at most for each module, and a module whose checks take too long is not checked any more.

mod handler;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use dalsegno_engine::{
    Payload,
    ids::{ModuleDigest, WorkflowType},
};
use dalsegno_sandbox::ModuleDefinition;
use lru::LruCache;
use parking_lot::Mutex;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use super::{ModuleError, Modules};

pub(super) use handler::check_schemas;
use handler::{Effort, ModuleSchemas};

/// Modules whose schemas are kept compiled.
const MODULES_MAX: NonZeroUsize = NonZeroUsize::new(64).expect("it is positive");
/// What a long check may take.
const LONG_CHECK_MAX: Duration = Duration::from_secs(2);

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call<'a> {
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

/// Whose arguments are checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Callee<'a> {
    pub(crate) module: &'a ModuleDigest,
    pub(crate) workflow_type: &'a WorkflowType,
    pub(crate) call: Call<'a>,
}

/// Why arguments are not taken.
#[derive(Debug)]
pub(crate) enum BadArguments {
    /// They do not fit, for people.
    Unfit(String),
    /// Nobody can say whether they fit.
    Unknown(ModuleError),
}

impl Modules {
    /// Refuses arguments that do not fit what the callee's module has a schema for.
    ///
    /// # Errors
    /// [`BadArguments`].
    pub(crate) async fn check_arguments(
        &self,
        callee: Callee<'_>,
        input: &[Payload],
    ) -> Result<(), BadArguments> {
        let Callee { module, workflow_type, call } = callee;
        let schemas = match self.schemas.known(module) {
            Some(schemas) => schemas,
            None => {
                let definition = self.definition(module).await.map_err(BadArguments::Unknown)?;
                self.schemas.read(module, &definition)
            }
        };
        let Some(handler) = schemas.handler(workflow_type.as_str(), call) else { return Ok(()) };
        let checked = match handler.effort(input) {
            Effort::Short => handler.check(input),
            Effort::Long => {
                let (handler, input) = (handler.clone(), input.to_vec());
                check_long(module, schemas.long_checks.clone(), move || handler.check(&input)).await
            }
        };
        checked.map_err(|problem| BadArguments::Unfit(format!("{call}: {problem}")))
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

/// A check that may never end keeps its place, not its caller; then the places are closed, and nothing of its module
/// is checked any more. What waits for a place takes no time from the check.
async fn check_long(
    module: &ModuleDigest,
    places: Arc<Semaphore>,
    check: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> Result<(), String> {
    let Ok(place) = places.clone().acquire_owned().await else { return Ok(()) };
    let module = module.clone();
    // A task of its own, since a caller may hang up while its check runs.
    let watched = tokio::spawn(async move {
        let checked = spawn_blocking(move || {
            let checked = check();
            drop(place);
            checked
        });
        match timeout(LONG_CHECK_MAX, checked).await {
            Ok(checked) => checked.unwrap_or(Ok(())),
            Err(_) => {
                places.close();
                tracing::warn!(%module, "arguments take too long to check: workflows of the module get them unchecked");
                Ok(())
            }
        }
    });
    watched.await.unwrap_or(Ok(()))
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

#[cfg(test)]
mod tests;
