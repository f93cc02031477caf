//! New runs in memory: started by a client, by a parent, or by the run before them.

use std::sync::Arc;

use dalsegno_engine::{
    Run, Timestamp,
    event::{ModulePolicy, WorkflowExecutionStarted},
    guest::RunInfo,
    ids::{ModuleDigest, Namespace, WorkflowType},
    run::Successor,
};
use dalsegno_sandbox::Module;
use dalsegno_store::{NewRun, RunKey};

use super::{
    LoadError, Owner,
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
pub(crate) fn new_run(module: Module, run: Run, started: &Arc<WorkflowExecutionStarted>) -> RunHandle {
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
    let info = RunInfo {
        namespace: key.namespace.clone(),
        run_id: key.run_id.clone(),
        start_time,
        started: started.clone(),
    };
    RunHandle::new(key, module, info, Live::new(run, Some(new), None))
}

impl Owner {
    /// The next run of a chain.
    ///
    /// # Errors
    /// [`NoModule`]: there is no code for it.
    pub(super) async fn successor(
        &self,
        successor: Successor,
        before: &Module,
        now: Timestamp,
    ) -> Result<RunHandle, NoModule> {
        let Successor { mut started, module_policy } = successor;
        let (namespace, workflow_type) = (&started.namespace, &started.workflow_type);
        let module = self.module_after(namespace, workflow_type, module_policy, before.digest()).await?;
        started.module = module.digest().clone();
        let run = Run::start(started, now);
        let Some(started) = run.state().started.clone() else {
            return Err(LoadError::Damaged("a new run has no start".to_owned()).into());
        };
        Ok(new_run(module, run, &started))
    }

    /// The module of a run that another one begins: that of the other if it may inherit it, or the deployed one.
    pub(super) async fn module_after(
        &self,
        namespace: &Namespace,
        workflow_type: &WorkflowType,
        policy: ModulePolicy,
        before: &ModuleDigest,
    ) -> Result<Module, NoModule> {
        if policy == ModulePolicy::Inherit && self.has_type(before, workflow_type).await? {
            return Ok(self.modules.load(before).await?);
        }
        let deployed = self.modules.deployed(namespace, workflow_type).await.map_err(LoadError::from)?;
        match deployed {
            Some(digest) => Ok(self.modules.load(&digest).await?),
            None => Err(NoModule::UnknownType(workflow_type.clone())),
        }
    }

    async fn has_type(&self, digest: &ModuleDigest, workflow_type: &WorkflowType) -> Result<bool, NoModule> {
        let definition = self.modules.definition(digest).await?;
        Ok(definition.workflows.iter().any(|workflow| workflow.name == workflow_type.as_str()))
    }
}
