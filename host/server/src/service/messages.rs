//! Signals, cancellations, terminations: what is sent to an open run.

use dalsegno_engine::{ids::RequestId, run::Input};

use super::{RunRef, Service, ServiceError, SignalRequest};
use crate::owner::message::Message;

impl Service {
    /// Sends a signal. A request id seen before changes nothing.
    ///
    /// # Errors
    /// [`super::ErrorCode::WorkflowClosed`], [`super::ErrorCode::SignalLimit`], or as for every call.
    pub async fn signal(&self, run: &RunRef, request: SignalRequest) -> Result<(), ServiceError> {
        let SignalRequest { name, input, headers, request_id } = request;
        let signal = Input::Signal { name, input, headers, request_id };
        self.ask(run, |reply| Message::Input(signal.clone(), reply)).await.map(drop)
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
