//! Starting workflows.

use std::sync::Arc;

use dalsegno_engine::{
    Run, Status,
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
    message::{Lost, Message},
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

    async fn terminate_open(
        &self,
        owner: &Arc<Owner>,
        namespace: &Namespace,
        id: &WorkflowId,
    ) -> Result<(), ServiceError> {
        let terminate = || Input::Terminate { reason: "a new run of the workflow id was started".to_owned() };
        while let Some(handle) = owner.find_open_alone(namespace, id).await.map_err(lookup::load)? {
            match owner.ask(&handle, |reply| Message::Input(terminate(), reply)).await {
                // It was dropped from memory meanwhile, or is about to close; another run may follow it.
                None => {}
                Some(Ok(Err(_))) => drop(owner.ask(&handle, Message::Barrier).await),
                Some(Ok(Ok(_))) => return Ok(()),
                Some(Err(lost)) => return Err(lookup::lost(lost)),
            }
        }
        Ok(())
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
        let Fresh { module, started, .. } = fresh;
        let (workflow_id, run_id) = (started.workflow_id.clone(), started.run_id().clone());
        if decided.decision == Decision::Terminate {
            self.terminate_open(owner, &started.namespace, &workflow_id).await?;
        }
        let mut run = Run::start(started, owner.clock.now());
        for input in inputs {
            run.accept(input).map_err(lookup::refusal)?;
        }
        let Some(started) = run.state().started.clone() else {
            return Err(ServiceError::new(ErrorCode::Internal, "a new run has no start"));
        };
        let handle = Arc::new(begin::new_run(module, run, &started));
        owner.registry.insert(handle.clone());
        drop(decided.alone);
        owner.metrics.runs_started.inc();
        let stored = owner.ask(&handle, Message::Barrier).await.unwrap_or(Err(Lost::NotOwner));
        stored.map_err(lookup::lost)?.map_err(lookup::refusal)?;
        Ok(Started { workflow_id, run_id, new: true })
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
