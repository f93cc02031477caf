//! Arguments, refused before anything is accepted if they do not fit the module's schemas.

use dalsegno_engine::Payload;

use super::{ErrorCode, Service, ServiceError, lookup};
use crate::{
    modules::{BadArguments, Call, Callee},
    owner::handle::RunHandle,
};

impl Service {
    /// Refuses arguments that do not fit what the run's module has a schema for.
    ///
    /// # Errors
    /// [`ErrorCode::BadArguments`].
    pub(super) async fn check_arguments_of(
        &self,
        run: &RunHandle,
        call: Call<'_>,
        input: &[Payload],
    ) -> Result<(), ServiceError> {
        let workflow_type = &run.info.started.workflow_type;
        self.check_arguments(Callee { module: run.module.digest(), workflow_type, call }, input).await
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
