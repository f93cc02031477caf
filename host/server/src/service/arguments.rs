//! Arguments, refused before anything is accepted if they do not fit the module's schemas.

use dalsegno_engine::Payload;

use super::{ErrorCode, RunRef, Service, ServiceError, lookup};
use crate::modules::{BadArguments, Call, Callee};

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
        let (module, workflow_type) = match self.open_run(&owner, run).await {
            Ok(Some(handle)) => (handle.module.digest().clone(), handle.info.started.workflow_type.clone()),
            _ => match self.resolve(run).await {
                Ok(row) => (row.module, row.workflow_type),
                Err(_) => return Ok(()),
            },
        };
        self.check_arguments(Callee { module: &module, workflow_type: &workflow_type, call }, input).await
    }

    /// Refuses arguments that do not fit what this module has a schema for.
    ///
    /// # Errors
    /// [`ErrorCode::BadArguments`].
    pub(super) async fn check_arguments(
        &self,
        callee: Callee<'_>,
        input: &[Payload],
    ) -> Result<(), ServiceError> {
        self.modules.check_arguments(callee, input).await.map_err(|bad| match bad {
            BadArguments::Unfit(problem) => ServiceError::new(ErrorCode::BadArguments, problem),
            BadArguments::Unknown(error) => lookup::module(error),
        })
    }
}
