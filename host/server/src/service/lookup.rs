//! Finding what a call is about.

use std::sync::Arc;

use dalsegno_engine::{
    Payload, Status,
    ids::Namespace,
    run::{Accepted, Refusal},
};
use dalsegno_store::{RunKey, RunRow};

use super::{ErrorCode, RunRef, Service, ServiceError};
use crate::{
    modules::{Call, ModuleError},
    owner::{
        LoadError, Owner,
        handle::RunHandle,
        message::{Lost, Message, Reply},
        tenure::Standing,
    },
};

/// Times a run is looked up again because it was just dropped from memory.
pub(super) const LOOKUPS_MAX: usize = 8;
/// Steps and turns that wait, from which on new calls are refused.
const BACKLOG_MAX: usize = 20_000;

impl Service {
    /// The owner of the runs, if this host is.
    pub(crate) fn owner(&self) -> Result<Arc<Owner>, ServiceError> {
        match self.tenure.standing() {
            Standing::Owner(owner) if owner.draining.is_cancelled() => {
                Err(ServiceError::new(ErrorCode::ShuttingDown, "the host is stopping"))
            }
            Standing::Owner(owner) => Ok(owner),
            Standing::Waiting(reason) => Err(ServiceError::new(ErrorCode::NotOwner, reason)),
        }
    }

    /// The owner of the runs, if it can take more work.
    pub(super) fn owner_with_room(&self) -> Result<Arc<Owner>, ServiceError> {
        let owner = self.owner()?;
        if owner.backlog() > BACKLOG_MAX {
            return Err(ServiceError::new(ErrorCode::Overloaded, "too much work waits to be stored"));
        }
        Ok(owner)
    }

    /// Refuses a namespace that does not exist.
    pub(super) async fn check_namespace(&self, namespace: &Namespace) -> Result<(), ServiceError> {
        if self.namespaces.read().contains(namespace) {
            return Ok(());
        }
        if !self.store.namespace_exists(namespace).await? {
            return Err(ServiceError::new(
                ErrorCode::NamespaceNotFound,
                format!("there is no namespace `{namespace}`"),
            ));
        }
        self.namespaces.write().insert(namespace.clone());
        Ok(())
    }

    /// The run that a reference means now.
    ///
    /// # Errors
    /// [`ErrorCode::NamespaceNotFound`], [`ErrorCode::WorkflowNotFound`], or the database's.
    pub async fn resolve(&self, run: &RunRef) -> Result<RunRow, ServiceError> {
        self.check_namespace(&run.namespace).await?;
        let row = match &run.run_id {
            None => self.store.newest_run(&run.namespace, &run.workflow_id).await?,
            Some(run_id) => self.store.run(&run.key(run_id)).await?,
        };
        row.ok_or_else(|| not_found(run))
    }

    /// Sends a message to an open run, and waits until what it does is durable.
    pub(super) async fn ask(
        &self,
        run: &RunRef,
        message: impl Fn(Reply) -> Message,
    ) -> Result<Accepted, ServiceError> {
        self.ask_with(run, None, message).await
    }

    /// The same with a call and its arguments, which have to fit the module of the run that takes them.
    pub(super) async fn ask_with(
        &self,
        run: &RunRef,
        arguments: Option<(Call<'_>, &[Payload])>,
        message: impl Fn(Reply) -> Message,
    ) -> Result<Accepted, ServiceError> {
        self.acknowledged(self.ask_unbounded(run, arguments, message)).await?
    }

    async fn ask_unbounded(
        &self,
        run: &RunRef,
        arguments: Option<(Call<'_>, &[Payload])>,
        message: impl Fn(Reply) -> Message,
    ) -> Result<Accepted, ServiceError> {
        self.check_namespace(&run.namespace).await?;
        for _ in 0..LOOKUPS_MAX {
            let owner = self.owner_with_room()?;
            let Some(handle) = self.open_run(&owner, run).await? else { continue };
            if let Some((call, input)) = arguments {
                self.check_arguments_of(&handle, call, input).await?;
            }
            let Some(answer) = owner.ask(&handle, &message).await else { continue };
            if let (Ok(Err(Refusal::Continued(_))), None) = (&answer, &run.run_id) {
                // The next run of the chain is there once the end of this one is durable.
                handle.all_decided().await;
                continue;
            }
            return answer.map_err(lost)?.map_err(refusal);
        }
        Err(moving())
    }

    /// Sends a message to this very run, which is brought back into memory if it was dropped meanwhile. `None`: it is
    /// not open any more.
    pub(super) async fn ask_again(
        &self,
        owner: &Arc<Owner>,
        handle: &Arc<RunHandle>,
        message: impl Fn(Reply) -> Message,
    ) -> Result<Option<Result<Result<Accepted, Refusal>, Lost>>, ServiceError> {
        let RunKey { namespace, workflow_id, run_id } = handle.key.clone();
        let run = RunRef { namespace, workflow_id, run_id: Some(run_id) };
        let mut handle = handle.clone();
        for _ in 0..LOOKUPS_MAX {
            if let Some(answer) = owner.ask(&handle, &message).await {
                return Ok(Some(answer));
            }
            match self.open_run(owner, &run).await {
                Ok(found) => handle = found.unwrap_or(handle),
                Err(error) if error.code == ErrorCode::WorkflowClosed => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Waits for an answer, no longer than a client would. Nothing is undone by not waiting.
    pub(super) async fn acknowledged<T>(&self, answer: impl Future<Output = T>) -> Result<T, ServiceError> {
        tokio::time::timeout(super::ACKNOWLEDGE_MAX, answer).await.map_err(|_| {
            ServiceError::new(
                ErrorCode::DatabaseUnavailable,
                "it is not known yet whether the change is stored",
            )
        })
    }

    /// The run, in memory. `None`: it has begun only just; look again.
    pub(super) async fn open_run(
        &self,
        owner: &Arc<Owner>,
        run: &RunRef,
    ) -> Result<Option<Arc<RunHandle>>, ServiceError> {
        let handle = owner.find_open(&run.namespace, &run.workflow_id).await.map_err(load)?;
        match handle {
            Some(handle) if run.run_id.as_ref().is_none_or(|run_id| *run_id == handle.key.run_id) => {
                Ok(Some(handle))
            }
            _ => match self.resolve(run).await?.status {
                Status::Running => Ok(None),
                closed => Err(ServiceError::closed(closed)),
            },
        }
    }
}

/// Waits until all that memory knows of a run is durable.
pub(super) async fn settled(owner: &Arc<Owner>, handle: &Arc<RunHandle>) -> Result<(), ServiceError> {
    match owner.ask(handle, Message::Barrier).await {
        Some(Err(error)) => Err(lost(error)),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// A run was looked up time and again.
pub(super) fn moving() -> ServiceError {
    ServiceError::new(ErrorCode::Overloaded, "the run is moving in and out of memory")
}

/// No such run.
pub(super) fn not_found(run: &RunRef) -> ServiceError {
    let message = match &run.run_id {
        None => format!("there is no workflow `{}`", run.workflow_id),
        Some(run_id) => format!("the workflow `{}` has no run {run_id}", run.workflow_id),
    };
    ServiceError::new(ErrorCode::WorkflowNotFound, message)
}

/// Why something did not become durable.
pub(super) fn lost(lost: Lost) -> ServiceError {
    match lost {
        Lost::NotOwner => ServiceError::new(ErrorCode::NotOwner, "the run is changing its owner"),
        Lost::WorkflowIdTaken => ServiceError::new(
            ErrorCode::WorkflowAlreadyRunning,
            "another run of the workflow id was there first",
        ),
        Lost::Refused(problem) => {
            ServiceError::invalid(format!("the database does not take the data: {problem}"))
        }
    }
}

/// Why a run does not take an input.
pub(super) fn refusal(refusal: Refusal) -> ServiceError {
    match refusal {
        Refusal::Closed(status) | Refusal::Continued(status) => ServiceError::closed(status),
        Refusal::TooManySignals(_) | Refusal::TooManySignalBytes(_) => {
            ServiceError::new(ErrorCode::SignalLimit, refusal.to_string())
        }
        Refusal::TooManyUpdates(_) | Refusal::TooManyUpdatesInFlight(_) => {
            ServiceError::new(ErrorCode::UpdateLimit, refusal.to_string())
        }
        Refusal::HistoryFull => ServiceError::new(ErrorCode::HistoryFull, refusal.to_string()),
        Refusal::MovedOn(_) => ServiceError::new(ErrorCode::Overloaded, refusal.to_string()),
        Refusal::NotAChild | Refusal::StaleAttempt => ServiceError::invalid(refusal.to_string()),
    }
}

/// Why a run cannot be brought into memory.
pub(super) fn load(error: LoadError) -> ServiceError {
    match error {
        LoadError::Store(error) => error.into(),
        LoadError::Module(error) => module(error),
        LoadError::Damaged(problem) => ServiceError::new(ErrorCode::Internal, problem),
    }
}

/// Why a module cannot be had.
pub(super) fn module(error: ModuleError) -> ServiceError {
    let code = match &error {
        ModuleError::Unavailable(_) => ErrorCode::DatabaseUnavailable,
        ModuleError::Missing(_) => ErrorCode::ModuleNotFound,
        ModuleError::Refused(_) => ErrorCode::ModuleRefused,
        ModuleError::TooManyUploads(_) => ErrorCode::Overloaded,
        ModuleError::Broken(_) => ErrorCode::Internal,
    };
    ServiceError::new(code, error.to_string())
}
