//! New runs in memory: started by a client, by a parent, or by the run before them.

use dalsegno_engine::{Run, guest::RunInfo, ids::WorkflowType};
use dalsegno_sandbox::Module;
use dalsegno_store::{NewRun, RunKey};

use super::{
    LoadError,
    handle::{Live, RunHandle},
};
use crate::modules::ModuleError;

/// Why a run has no module.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoModule {
    #[error("no module with the workflow type `{0}` is deployed")]
    UnknownType(WorkflowType),
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl From<ModuleError> for NoModule {
    fn from(error: ModuleError) -> Self {
        Self::Load(error.into())
    }
}

/// A run that has its start, and nothing stored.
///
/// # Errors
/// [`LoadError::Damaged`]: it has no start.
pub(crate) fn new_run(module: Module, run: Run) -> Result<RunHandle, LoadError> {
    let Some(started) = run.state().started.clone() else {
        return Err(LoadError::Damaged("a new run has no start".to_owned()));
    };
    let start_time = run.state().start_time;
    let new = NewRun {
        workflow_type: started.workflow_type.clone(),
        module: module.digest().clone(),
        start_time,
        request_id: started.request_id.clone(),
    };
    let key = RunKey {
        namespace: started.namespace.clone(),
        workflow_id: started.workflow_id.clone(),
        run_id: started.run_id().clone(),
    };
    let info = RunInfo { namespace: key.namespace.clone(), run_id: key.run_id.clone(), start_time, started };
    Ok(RunHandle::new(key, module, info, Live::new(run, Some(new), None)))
}
