//! Starting workflows.

use std::sync::Arc;

use dalsegno_engine::{
    Run, Status, Timestamp,
    ids::{Namespace, RunId, WorkflowId},
    run::Input,
};
use dalsegno_store::{RunKey, RunRow};
use tokio::sync::MutexGuard;

use super::{
    ErrorCode, IdConflictPolicy, IdReusePolicy, Service, ServiceError, StartRequest, Started, fresh::Fresh,
    lookup,
};
use crate::owner::{
    Owner, begin,
    handle::RunHandle,
    message::{Lost, Message},
    succession,
};

/// What the newest run of a workflow id means to a new one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The new one may begin.
    Start,
    /// That run is the answer.
    Use(RunId),
    /// That run is to be terminated first.
    Terminate,
}

/// A decision that holds as long as nobody else can start a workflow of the id.
pub(super) struct Decided<'o> {
    pub(super) decision: Decision,
    /// The newest run, open or closed.
    pub(super) newest: Option<RunId>,
    pub(super) alone: Option<MutexGuard<'o, ()>>,
}

impl Service {
    /// Starts a workflow; answers once its first activation is durable.
    ///
    /// # Errors
    /// [`ErrorCode::WorkflowTypeNotFound`], [`ErrorCode::WorkflowAlreadyRunning`],
    /// [`ErrorCode::WorkflowIdReused`], or as for every call.
    pub async fn start(&self, request: StartRequest) -> Result<Started, ServiceError> {
        self.check_namespace(&request.namespace).await?;
        let owner = self.owner_with_room()?;
        let fresh = self.prepare(&owner, request).await?;
        self.acknowledged(self.start_run(&owner, fresh)).await?
    }

    async fn start_run(&self, owner: &Arc<Owner>, fresh: Fresh) -> Result<Started, ServiceError> {
        let decided = self.decide(owner, &fresh).await?;
        match decided.decision {
            Decision::Use(run_id) => {
                Ok(Started { workflow_id: fresh.started.workflow_id, run_id, new: false })
            }
            Decision::Start | Decision::Terminate => self.begin(owner, fresh, Vec::new(), decided).await,
        }
    }

    /// Looks whether a new run may begin, and lets nobody else begin one meanwhile.
    pub(super) async fn decide<'o>(
        &self,
        owner: &'o Arc<Owner>,
        fresh: &Fresh,
    ) -> Result<Decided<'o>, ServiceError> {
        if fresh.made_up {
            return Ok(Decided { decision: Decision::Start, newest: None, alone: None });
        }
        let (namespace, id) = (&fresh.started.namespace, &fresh.started.workflow_id);
        let alone = Some(owner.alone(namespace, id).await);
        let newest = self.newest(owner, namespace, id).await?;
        let newest_id = newest.as_ref().map(|newest| newest.key.run_id.clone());
        let decision = match self.begun_before(fresh, newest.as_ref()).await? {
            Some(run_id) => Decision::Use(run_id),
            None => decide(fresh, newest)?,
        };
        Ok(Decided { decision, newest: newest_id, alone })
    }

    /// The run that the same request began, if the newest run is that one or one that follows it.
    async fn begun_before(
        &self,
        fresh: &Fresh,
        newest: Option<&RunRow>,
    ) -> Result<Option<RunId>, ServiceError> {
        let (Some(newest), Some(request_id)) = (newest, &fresh.started.request_id) else { return Ok(None) };
        if let Some(known) = &newest.request_id {
            return Ok((known == request_id).then(|| newest.key.run_id.clone()));
        }
        let started = self.read_start(&newest.key.run_id).await?;
        if started.first_run_id == newest.key.run_id {
            return Ok(None);
        }
        let first = RunKey { run_id: started.first_run_id.clone(), ..newest.key.clone() };
        let first = self.store.run(&first).await?;
        Ok(first.filter(|first| first.request_id.as_ref() == Some(request_id)).map(|first| first.key.run_id))
    }

    /// The newest run of a workflow id, once what memory knows of it is durable.
    async fn newest(
        &self,
        owner: &Arc<Owner>,
        namespace: &Namespace,
        id: &WorkflowId,
    ) -> Result<Option<RunRow>, ServiceError> {
        if let Some(handle) = owner.registry.get(namespace, id)
            && let Some(Err(Lost::NotOwner)) = owner.ask(&handle, Message::Barrier).await
        {
            return Err(lookup::lost(Lost::NotOwner));
        }
        Ok(self.store.newest_run(namespace, id).await?)
    }

    /// Puts a new run into memory, with its first inputs, and waits for its first step. Once it is in memory, who
    /// asks for the workflow id finds it there, so nobody needs to be alone any more.
    pub(super) async fn begin(
        &self,
        owner: &Arc<Owner>,
        fresh: Fresh,
        inputs: Vec<Input>,
        decided: Decided<'_>,
    ) -> Result<Started, ServiceError> {
        let (workflow_id, run_id) = (fresh.started.workflow_id.clone(), fresh.started.run_id().clone());
        let first = match decided.decision {
            Decision::Terminate => self.replace(owner, &fresh, &inputs).await?,
            Decision::Start | Decision::Use(_) => None,
        };
        let first = match first {
            Some(first) => first,
            None => {
                let first = fresh.first_run(&inputs, owner.clock.now())?;
                owner.registry.insert(first.clone());
                owner.metrics.runs_started.inc();
                first
            }
        };
        drop(decided.alone);
        match owner.ask(&first, Message::Barrier).await {
            Some(stored) => drop(stored.map_err(lookup::lost)?.map_err(lookup::refusal)?),
            // It has ended meanwhile, or rests in the store.
            None if first.is_stored() => {}
            None => return Err(lookup::lost(Lost::NotOwner)),
        }
        Ok(Started { workflow_id, run_id, new: true })
    }

    /// Begins a new run with the end of the open one, both or neither. `None`: there is no open one any more, and the
    /// new one may begin.
    async fn replace(
        &self,
        owner: &Arc<Owner>,
        fresh: &Fresh,
        inputs: &[Input],
    ) -> Result<Option<Arc<RunHandle>>, ServiceError> {
        let (namespace, id) = (&fresh.started.namespace, &fresh.started.workflow_id);
        while let Some(open) = owner.find_open_alone(namespace, id).await.map_err(lookup::load)? {
            let start_time = owner.clock.now().max(succession::after(open.info.start_time));
            let next = fresh.first_run(inputs, start_time)?;
            match owner.ask(&open, |reply| Message::Replace(next.clone(), reply)).await {
                // It was dropped from memory meanwhile, or has ended by itself; another run may follow it.
                None | Some(Ok(Err(_))) => owner.all_decided(&open).await,
                Some(Ok(Ok(_))) => return Ok(Some(next)),
                Some(Err(lost)) => return Err(lookup::lost(lost)),
            };
        }
        decide(fresh, self.newest(owner, namespace, id).await?).map(|_| None)
    }
}

impl Fresh {
    /// The run, in memory, with its first inputs and nothing stored.
    fn first_run(&self, inputs: &[Input], now: Timestamp) -> Result<Arc<RunHandle>, ServiceError> {
        let mut run = Run::start(self.started.clone(), now);
        for input in inputs {
            run.accept(input.clone()).map_err(lookup::refusal)?;
        }
        Ok(begin::new_run(self.module.clone(), run).map_err(lookup::load)?.into())
    }
}

fn decide(fresh: &Fresh, newest: Option<RunRow>) -> Result<Decision, ServiceError> {
    let Some(newest) = newest else { return Ok(Decision::Start) };
    let (id, status) = (&newest.key.workflow_id, newest.status);
    if status == Status::Running {
        return match fresh.id_conflict_policy {
            IdConflictPolicy::UseExisting => Ok(Decision::Use(newest.key.run_id)),
            IdConflictPolicy::TerminateExisting => Ok(Decision::Terminate),
            IdConflictPolicy::Fail => Err(ServiceError::new(
                ErrorCode::WorkflowAlreadyRunning,
                format!("the workflow `{id}` is running, as run {}", newest.key.run_id),
            )),
        };
    }
    let reusable = match fresh.id_reuse_policy {
        IdReusePolicy::Allow => true,
        IdReusePolicy::FailedOnly => status != Status::Completed,
        IdReusePolicy::Reject => false,
    };
    if reusable {
        return Ok(Decision::Start);
    }
    let message = format!("the workflow `{id}` has been there, and is {}", status.as_str());
    Err(ServiceError::new(ErrorCode::WorkflowIdReused, message))
}
