//! What is asked of other runs, by workflow id.

use std::sync::Arc;

use super::{CallError, Calls, Started, invalid};
use crate::{
    Headers, Payload,
    event::{EventAttributes, SignalInitiated},
    ids::{DEFAULT_NAMESPACE, Namespace, Operation, RunId, WorkflowId, check_id},
    message::Address,
};

impl Calls {
    /// The run that a guest means.
    ///
    /// # Errors
    /// [`CallError`]: an id is none.
    pub fn address(
        &self,
        namespace: Option<String>,
        workflow_id: String,
        run_id: Option<String>,
    ) -> Result<Address, CallError> {
        let namespace = match namespace {
            Some(name) => Namespace::parse(name).or_else(|error| invalid(format!("namespace {error}")))?,
            None => self.namespace(),
        };
        let workflow_id =
            WorkflowId::parse(workflow_id).or_else(|error| invalid(format!("workflow id {error}")))?;
        let run_id = run_id.map(RunId::parse).transpose();
        Ok(Address {
            namespace,
            workflow_id,
            run_id: run_id.or_else(|error| invalid(format!("run id {error}")))?,
        })
    }

    fn namespace(&self) -> Namespace {
        let started = self.state.started.as_ref();
        started.map_or_else(|| Namespace::new(DEFAULT_NAMESPACE), |started| started.namespace.clone())
    }

    /// Sends a signal to another run.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn signal_external(
        &mut self,
        to: Address,
        signal_name: String,
        input: Vec<Payload>,
        headers: Headers,
        child_only: bool,
    ) -> Result<Operation, CallError> {
        self.check_open("runs.signal")?;
        check_id(&signal_name).or_else(|error| invalid(format!("the name of a signal {error}")))?;
        let operation = self.next_operation()?;
        let Address { namespace, workflow_id, run_id } = to;
        let initiated = SignalInitiated {
            operation,
            namespace,
            workflow_id,
            run_id,
            signal_name,
            input,
            headers,
            child_only,
        };
        let event = EventAttributes::SignalExternalWorkflowExecutionInitiated(Arc::new(initiated));
        self.issue("runs.signal", event)?;
        self.start(operation, Started::External);
        Ok(operation)
    }

    /// Asks another run to cancel.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn cancel_external(&mut self, to: Address, reason: String) -> Result<Operation, CallError> {
        self.check_open("runs.cancel")?;
        let operation = self.next_operation()?;
        let Address { namespace, workflow_id, run_id } = to;
        let event = EventAttributes::RequestCancelExternalWorkflowExecutionInitiated {
            operation,
            namespace,
            workflow_id,
            run_id,
            reason,
        };
        self.issue("runs.cancel", event)?;
        self.start(operation, Started::External);
        Ok(operation)
    }
}
