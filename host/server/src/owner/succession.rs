//! The run that begins with the end of another: made before that end is stored, so that both are stored together.
//!
//! Its module may have to be read, and even compiled. No guest thread waits for that: the end of the run before stays in
//! memory meanwhile, and takes another turn when the module is there.

use std::sync::Arc;

use dalsegno_engine::{
    Run, Timestamp,
    event::{ModulePolicy, WorkflowExecutionStarted},
    ids::{ModuleDigest, Namespace, WorkflowType},
    run::Successor,
};
use dalsegno_sandbox::Module;

use super::{
    LoadError, Owner,
    begin::{self, NoModule},
    handle::{Live, RunHandle},
    load::RETRY,
    message::Message,
};

/// What there is of the run that follows.
#[derive(Default)]
pub(crate) enum Next {
    /// Nothing.
    #[default]
    Unknown,
    /// Its module is being brought.
    Loading,
    /// Its module, or that there is none.
    Module(Result<Module, NoModule>),
    /// It itself: what a client has put in the place of the run.
    Run(Arc<RunHandle>),
}

/// Sees to it that the end of the run can be stored, if it has one: with the run that follows. False: the module of that
/// one has to be brought first.
pub(super) fn bring_module(owner: &Arc<Owner>, handle: &Arc<RunHandle>, live: &mut Live) -> bool {
    let Some(successor) = live.run.next_run() else { return true };
    match live.next {
        Next::Module(_) | Next::Run(_) => true,
        Next::Loading => false,
        Next::Unknown if is_of_the_same_code(live.run.state().started.as_deref(), successor) => {
            live.next = Next::Module(Ok(handle.module.clone()));
            true
        }
        Next::Unknown => {
            owner.load_next_module(handle.clone(), successor);
            live.next = Next::Loading;
            false
        }
    }
}

fn is_of_the_same_code(before: Option<&WorkflowExecutionStarted>, next: &Successor) -> bool {
    next.module_policy == ModulePolicy::Inherit
        && before.is_some_and(|before| before.workflow_type == next.started.workflow_type)
}

/// The run that begins with the end of this one, with its start and nothing else.
///
/// # Errors
/// [`NoModule`]: there is no code for it.
pub(super) fn begin(
    live: &mut Live,
    successor: Option<Successor>,
) -> Result<Option<Arc<RunHandle>>, NoModule> {
    let module = match std::mem::take(&mut live.next) {
        Next::Run(next) => return Ok(Some(next)),
        Next::Module(module) => module?,
        Next::Unknown | Next::Loading => return Ok(None),
    };
    let Some(Successor { mut started, .. }) = successor else { return Ok(None) };
    started.module = module.digest().clone();
    let state = live.run.state();
    let run = Run::start(started, state.time.max(after(state.start_time)));
    Ok(Some(begin::new_run(module, run)?.into()))
}

/// When the run after one that started then starts at the earliest: of two runs of a workflow id the newer one is the
/// one that started later.
pub(crate) fn after(start_time: Timestamp) -> Timestamp {
    Timestamp::from_micros(start_time.as_micros() + 1)
}

impl Owner {
    /// Brings the module of the run that follows, and sends it to the run before. A database that does not answer is
    /// waited for.
    fn load_next_module(self: &Arc<Self>, handle: Arc<RunHandle>, successor: &Successor) {
        let (owner, policy) = (self.clone(), successor.module_policy);
        let WorkflowExecutionStarted { namespace, workflow_type, .. } = &successor.started;
        let (namespace, workflow_type) = (namespace.clone(), workflow_type.clone());
        self.work().spawn(async move {
            while !handle.is_retired() {
                let before = handle.module.digest();
                let module = owner.module_after(&namespace, &workflow_type, policy, before).await;
                match module {
                    Err(NoModule::Load(error)) if error.is_unavailable() => {
                        tracing::warn!(run_id = %handle.key.run_id, %error,
                            "the module of the next run could not be read; trying again");
                    }
                    module => {
                        owner.send(&handle, Message::NextModule(Box::new(module)));
                        return;
                    }
                }
                if !owner.wait(RETRY).await {
                    return;
                }
            }
        });
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
