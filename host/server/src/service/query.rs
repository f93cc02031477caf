//! Asking a run: in a fresh guest, replayed to what is durable, that is thrown away.

use std::{sync::Arc, time::Duration};

use dalsegno_engine::{
    Failure, Payload, Status,
    guest::{ActivationError, Request},
    ids::{Namespace, RunId},
};
use dalsegno_sandbox::{Module, Sandbox};
use dalsegno_store::{HistoryRow, RunKey, RunRow};
use tokio::sync::SemaphorePermit;

use super::{
    ErrorCode, QueryReject, QueryRequest, RunRef, Service, ServiceError, lookup,
    replayed::{self, BAD_ARGUMENTS, Replayed},
};
use crate::{
    modules::{Call, Callee},
    owner::{self, Owner},
};

/// Queries and validators at the same time.
pub(super) const QUERIES_MAX: usize = 64;
/// How long a query waits for others to end.
const QUERY_WAIT_MAX: Duration = Duration::from_secs(10);
/// The type of the failure by which a guest says that it has no such query.
const UNKNOWN_QUERY: &str = "UnknownQuery";

impl Service {
    /// Asks a query. The run may be open or closed, and is not changed.
    ///
    /// # Errors
    /// [`ErrorCode::QueryNotFound`], [`ErrorCode::QueryFailed`], [`ErrorCode::RunNotActivated`], or as for
    /// every call.
    pub async fn query(&self, run: &RunRef, request: QueryRequest) -> Result<Payload, ServiceError> {
        let owner = self.owner_with_room()?;
        let _place = self.place_for_query().await?;
        let row = self.resolve(run).await?;
        check_reject(request.reject, row.status)?;
        let (module, workflow_type) = (&row.module, &row.workflow_type);
        let callee = Callee { module, workflow_type, call: Call::Query(&request.name) };
        self.check_arguments(callee, &request.input).await?;
        let rows = self.rows_to_ask(&owner, &row).await?;
        let module = owner.modules.load(&row.module).await.map_err(lookup::module)?;
        let (sandbox, run) = (owner.sandbox.clone(), (row.key.namespace, row.key.run_id));
        let ask =
            Request { id: String::new(), name: request.name, input: request.input, headers: request.headers };
        let answer = owner.guests.call(move || ask_guest(&sandbox, &module, run, &rows, &ask));
        answer.await.unwrap_or_else(|| Err(replayed::no_threads()))
    }

    /// The history of a run. Of one that has begun only just, as the next of its chain does, the first activation is
    /// waited for.
    async fn rows_to_ask(&self, owner: &Arc<Owner>, row: &RunRow) -> Result<Vec<HistoryRow>, ServiceError> {
        let RunKey { namespace, workflow_id, run_id } = row.key.clone();
        let rows = owner::read_history(&self.store, &run_id).await?;
        if row.status != Status::Running || rows.iter().any(|row| row.activated) {
            return Ok(rows);
        }
        let run = RunRef { namespace, workflow_id, run_id: Some(run_id.clone()) };
        match self.open_run(owner, &run).await {
            Ok(Some(handle)) => self.acknowledged(lookup::settled(owner, &handle)).await??,
            Ok(None) => {}
            Err(error) if error.code == ErrorCode::WorkflowClosed => {}
            Err(error) => return Err(error),
        }
        Ok(owner::read_history(&self.store, &run_id).await?)
    }

    /// A query holds a whole history and a guest.
    pub(super) async fn place_for_query(&self) -> Result<SemaphorePermit<'_>, ServiceError> {
        let overloaded = || ServiceError::new(ErrorCode::Overloaded, "too many queries wait to be answered");
        let place = tokio::time::timeout(QUERY_WAIT_MAX, self.queries.acquire()).await;
        place.map_err(|_| overloaded())?.map_err(|_| overloaded())
    }
}

fn check_reject(reject: QueryReject, status: Status) -> Result<(), ServiceError> {
    let refused = match reject {
        QueryReject::None => false,
        QueryReject::NotOpen => status != Status::Running,
        QueryReject::NotCompletedCleanly => !matches!(status, Status::Running | Status::Completed),
    };
    if refused { Err(ServiceError::closed(status)) } else { Ok(()) }
}

fn ask_guest(
    sandbox: &Sandbox,
    module: &Module,
    run: (Namespace, RunId),
    rows: &[HistoryRow],
    ask: &Request,
) -> Result<Payload, ServiceError> {
    let Replayed { mut guest, state } = replayed::replay(sandbox, module, run, rows, failed)?;
    guest.query(state.time, ask).map_err(failed)?.map_err(|failure| refused(&ask.name, failure))
}

fn failed(error: ActivationError) -> ServiceError {
    ServiceError::new(ErrorCode::QueryFailed, error.to_report())
}

fn refused(name: &str, failure: Failure) -> ServiceError {
    let code = match replayed::type_of(&failure) {
        Some(UNKNOWN_QUERY) => ErrorCode::QueryNotFound,
        Some(BAD_ARGUMENTS) => ErrorCode::BadArguments,
        _ => ErrorCode::QueryFailed,
    };
    let message = format!("the query `{name}` failed: {}", failure.message);
    ServiceError { failure: Some(Box::new(failure)), ..ServiceError::new(code, message) }
}
