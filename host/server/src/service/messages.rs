//! Signals, cancellations, terminations: what is sent to an open run.

use dalsegno_engine::{ids::RequestId, run::Input};

use super::{ErrorCode, RunRef, Service, ServiceError, SignalRequest, lookup};
use crate::{
    modules::Call,
    owner::{self, message::Message},
};

impl Service {
    /// Sends a signal. A request id seen before changes nothing.
    ///
    /// # Errors
    /// [`super::ErrorCode::BadArguments`], [`super::ErrorCode::WorkflowClosed`], [`super::ErrorCode::SignalLimit`], or
    /// as for every call.
    pub async fn signal(&self, run: &RunRef, request: SignalRequest) -> Result<(), ServiceError> {
        let SignalRequest { name, input, headers, request_id } = request;
        let arguments = Some((Call::Signal(&name), input.as_slice()));
        let message = |reply| {
            let (name, input, headers) = (name.clone(), input.clone(), headers.clone());
            Message::Input(Input::Signal { name, input, headers, request_id: request_id.clone() }, reply)
        };
        match (self.ask_with(run, arguments, message).await, &request_id) {
            (Err(closed), Some(id)) if closed.code == ErrorCode::WorkflowClosed => {
                if self.has_taken_signal(run, id).await? { Ok(()) } else { Err(closed) }
            }
            (result, _) => result.map(drop),
        }
    }

    /// Whether a closed run has taken a signal: its sender may not have heard the answer.
    pub(super) async fn has_taken_signal(&self, run: &RunRef, id: &RequestId) -> Result<bool, ServiceError> {
        let row = self.resolve(run).await?;
        let (_, state) = owner::read_state(&self.store, &row.key.run_id).await.map_err(lookup::load)?;
        Ok(state.has_taken_signal(id))
    }

    /// Asks a run to stop. Asking again changes nothing.
    ///
    /// # Errors
    /// [`super::ErrorCode::WorkflowClosed`], or as for every call.
    pub async fn cancel(
        &self,
        run: &RunRef,
        reason: String,
        request_id: Option<RequestId>,
    ) -> Result<(), ServiceError> {
        let cancel = Input::Cancel { reason, request_id };
        self.ask(run, |reply| Message::Input(cancel.clone(), reply)).await.map(drop)
    }

    /// Stops a run, without asking its guest.
    ///
    /// # Errors
    /// [`super::ErrorCode::WorkflowClosed`], or as for every call.
    pub async fn terminate(&self, run: &RunRef, reason: String) -> Result<(), ServiceError> {
        let terminate = Input::Terminate { reason };
        self.ask(run, |reply| Message::Input(terminate.clone(), reply)).await.map(drop)
    }

    /// Lets a blocked or failing run try again now.
    ///
    /// # Errors
    /// [`super::ErrorCode::WorkflowClosed`], or as for every call.
    pub async fn release(&self, run: &RunRef) -> Result<(), ServiceError> {
        self.ask(run, Message::Release).await.map(drop)
    }
}
