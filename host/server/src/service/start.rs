//! Starting workflows.

use std::{fmt::Write as _, sync::Arc};

use dalsegno_engine::{
    Run, Seed, Status, Timestamp,
    event::WorkflowExecutionStarted,
    guest::RunInfo,
    history::ENGINE_SEMANTICS,
    ids::{DEFAULT_TASK_QUEUE, ModuleDigest, Namespace, RequestId, RunId, TaskQueue, WorkflowId},
    run::Input,
};
use dalsegno_sandbox::Module;
use dalsegno_store::{NewRun, RunKey, RunRow};
use sha2::{Digest, Sha256};
use tokio::sync::MutexGuard;

use super::{
    ErrorCode, IdConflictPolicy, IdReusePolicy, Service, ServiceError, StartRequest, Started, lookup,
};
use crate::owner::{
    Owner,
    handle::{Live, RunHandle},
    message::{Lost, Message},
};

/// What the newest run of a workflow id means to a new one.
enum Decision {
    Start,
    /// It is the answer.
    Use(RunId),
    Terminate,
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
        let module = self.module_for(&owner, &request).await?;
        self.acknowledged(self.start_run(&owner, request, module)).await?
    }

    async fn start_run(
        &self,
        owner: &Arc<Owner>,
        request: StartRequest,
        module: Module,
    ) -> Result<Started, ServiceError> {
        let made_up = request.workflow_id.is_none() && request.request_id.is_none();
        let workflow_id = workflow_id(&request)?;
        if made_up {
            return self.begin(owner, request, workflow_id, module, None).await;
        }
        let alone = owner.alone(&request.namespace, &workflow_id).await;
        match decide(&request, self.newest(owner, &request.namespace, &workflow_id).await?)? {
            Decision::Start => {}
            Decision::Use(run_id) => return Ok(Started { workflow_id, run_id, new: false }),
            Decision::Terminate => self.terminate_open(owner, &request.namespace, &workflow_id).await?,
        }
        self.begin(owner, request, workflow_id, module, Some(alone)).await
    }

    /// The module the new run will have as long as it lives.
    async fn module_for(&self, owner: &Owner, request: &StartRequest) -> Result<Module, ServiceError> {
        let (namespace, workflow_type) = (&request.namespace, &request.workflow_type);
        let digest: ModuleDigest = match &request.module {
            Some(digest) => {
                let found = self.store.module(namespace, digest).await?;
                let missing =
                    || ServiceError::new(ErrorCode::ModuleNotFound, format!("there is no module {digest}"));
                found.ok_or_else(missing)?.digest
            }
            None => {
                let found = owner.modules.deployed(namespace, workflow_type).await?;
                found.ok_or_else(|| {
                    let message = format!("no module with the workflow type `{workflow_type}` is deployed");
                    ServiceError::new(ErrorCode::WorkflowTypeNotFound, message)
                })?
            }
        };
        let definition = owner.modules.definition(&digest).await.map_err(lookup::module)?;
        if !definition.workflows.iter().any(|workflow| workflow.name == workflow_type.as_str()) {
            let known: Vec<&str> =
                definition.workflows.iter().map(|workflow| workflow.name.as_str()).collect();
            let message = format!(
                "the module {digest} has no workflow type `{workflow_type}`; it has: {}",
                known.join(", ")
            );
            return Err(ServiceError::new(ErrorCode::WorkflowTypeNotFound, message));
        }
        owner.modules.load(&digest).await.map_err(lookup::module)
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
                // It was dropped from memory meanwhile, closed or not.
                None => {}
                // One that was about to close is stored as closed before the new run is.
                Some(Ok(_)) => return Ok(()),
                Some(Err(lost)) => return Err(lookup::lost(lost)),
            }
        }
        Ok(())
    }

    /// Puts a new run into memory, and waits for its first step. Once it is in memory, who asks for the
    /// workflow id finds it there, so nobody needs to be alone any more.
    async fn begin(
        &self,
        owner: &Arc<Owner>,
        request: StartRequest,
        workflow_id: WorkflowId,
        module: Module,
        alone: Option<MutexGuard<'_, ()>>,
    ) -> Result<Started, ServiceError> {
        let now = owner.clock.now();
        let run_id = new_run_id(now)?;
        let key = RunKey {
            namespace: request.namespace.clone(),
            workflow_id: workflow_id.clone(),
            run_id: run_id.clone(),
        };
        let handle = Arc::new(new_run(key, module, request, now)?);
        owner.registry.insert(handle.clone());
        drop(alone);
        owner.metrics.runs_started.inc();
        let stored = owner.ask(&handle, Message::Barrier).await.unwrap_or(Err(Lost::NotOwner));
        stored.map_err(lookup::lost)?.map_err(lookup::refusal)?;
        Ok(Started { workflow_id, run_id, new: true })
    }
}

fn new_run(
    key: RunKey,
    module: Module,
    request: StartRequest,
    now: Timestamp,
) -> Result<RunHandle, ServiceError> {
    let new = NewRun {
        workflow_type: request.workflow_type.clone(),
        module: module.digest().clone(),
        start_time: now,
        request_id: request.request_id.clone(),
    };
    let started = WorkflowExecutionStarted {
        workflow_type: request.workflow_type,
        workflow_id: key.workflow_id.clone(),
        task_queue: request.task_queue.unwrap_or_else(|| TaskQueue::new(DEFAULT_TASK_QUEUE)),
        input: request.input,
        headers: request.headers,
        module: module.digest().clone(),
        seed: Seed(random()?),
        engine_semantics: ENGINE_SEMANTICS,
        first_run_id: key.run_id.clone(),
        attempt: 1,
        execution_timeout: request.execution_timeout,
        run_timeout: request.run_timeout,
        start_delay: request.start_delay,
        memo: request.memo,
        search_attributes: request.search_attributes,
        request_id: request.request_id,
    };
    let run = Run::start(started, now);
    let Some(started) = run.state().started.clone() else {
        return Err(ServiceError::new(ErrorCode::Internal, "a new run has no start"));
    };
    let info =
        RunInfo { namespace: key.namespace.clone(), run_id: key.run_id.clone(), start_time: now, started };
    let live = Live::new(run, Some(new), None);
    Ok(RunHandle::new(key, module, info, live))
}

fn decide(request: &StartRequest, newest: Option<RunRow>) -> Result<Decision, ServiceError> {
    let Some(newest) = newest else { return Ok(Decision::Start) };
    if request.request_id.is_some() && request.request_id == newest.request_id {
        return Ok(Decision::Use(newest.key.run_id));
    }
    let (id, status) = (&newest.key.workflow_id, newest.status);
    if status == Status::Running {
        return match request.id_conflict_policy {
            IdConflictPolicy::UseExisting => Ok(Decision::Use(newest.key.run_id)),
            IdConflictPolicy::TerminateExisting => Ok(Decision::Terminate),
            IdConflictPolicy::Fail => Err(ServiceError::new(
                ErrorCode::WorkflowAlreadyRunning,
                format!("the workflow `{id}` is running, as run {}", newest.key.run_id),
            )),
        };
    }
    let reusable = match request.id_reuse_policy {
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

/// The id as given; from the request id, so that asking again means the same workflow; else at random.
fn workflow_id(request: &StartRequest) -> Result<WorkflowId, ServiceError> {
    match (&request.workflow_id, &request.request_id) {
        (Some(id), _) => Ok(id.clone()),
        (None, Some(request_id)) => Ok(derived_id(request, request_id)),
        (None, None) => {
            Ok(WorkflowId::new(uuid::Builder::from_random_bytes(random()?).into_uuid().to_string()))
        }
    }
}

fn derived_id(request: &StartRequest, request_id: &RequestId) -> WorkflowId {
    let mut hasher = Sha256::new();
    for part in [request.namespace.as_str(), request.workflow_type.as_str(), request_id.as_str()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut id = String::with_capacity(32);
    for byte in &hasher.finalize()[..16] {
        // Writing to a string does not fail.
        let _ = write!(id, "{byte:02x}");
    }
    WorkflowId::new(id)
}

fn new_run_id(now: Timestamp) -> Result<RunId, ServiceError> {
    let millis = now.as_micros() / 1000;
    Ok(RunId::new(uuid::Builder::from_unix_timestamp_millis(millis, &random()?).into_uuid().to_string()))
}

fn random<const N: usize>() -> Result<[u8; N], ServiceError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        ServiceError::new(ErrorCode::Internal, format!("the machine gives no randomness: {error}"))
    })?;
    Ok(bytes)
}
