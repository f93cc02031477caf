//! Children: to start, and to cancel.

use std::sync::Arc;

use super::{CallError, Calls, StartChild, Started, invalid};
use crate::{
    attributes::Attributes,
    event::{ChildCancellationType, ChildInitiated, EventAttributes},
    ids::{Namespace, Operation, TaskQueue, WorkflowId, WorkflowType},
    state::Pending,
};

impl Calls {
    /// Starts a child. Its start and its end are two operations, the second follows the first.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn start_child(&mut self, ask: StartChild) -> Result<(Operation, Operation), CallError> {
        self.check_open("children.start")?;
        let initiated = self.child(ask)?;
        let (started, closed) = (initiated.started, initiated.closed);
        let cancellation_type = initiated.cancellation_type;
        let event = EventAttributes::StartChildWorkflowExecutionInitiated(Arc::new(initiated));
        self.issue("children.start", event)?;
        self.start(started, Started::ChildStart);
        self.start(closed, Started::Child { started, cancellation_type });
        Ok((started, closed))
    }

    fn child(&self, ask: StartChild) -> Result<ChildInitiated, CallError> {
        let run = self.run()?;
        let started = self.next_operation()?;
        let closed = started + 1;
        if let Some(policy) = &ask.retry_policy {
            policy.check().or_else(invalid)?;
        }
        let workflow_id = ask.workflow_id.unwrap_or_else(|| format!("{}_{closed}", run.run_id()));
        let namespace = match ask.namespace {
            Some(name) => Namespace::parse(name).or_else(|error| invalid(format!("namespace {error}")))?,
            None => run.namespace.clone(),
        };
        let task_queue = match ask.task_queue {
            Some(name) => TaskQueue::parse(name).or_else(|error| invalid(format!("task queue {error}")))?,
            None => run.task_queue.clone(),
        };
        let given = Attributes { memo: ask.memo, search_attributes: ask.search_attributes };
        let Attributes { memo, search_attributes } = self.fresh_attributes(given)?;
        Ok(ChildInitiated {
            started,
            closed,
            namespace,
            workflow_id: WorkflowId::parse(workflow_id)
                .or_else(|error| invalid(format!("the child's workflow id {error}")))?,
            run_id: run.seed.derive("child", closed).run_id(self.state.time),
            workflow_type: WorkflowType::parse(ask.workflow_type)
                .or_else(|error| invalid(format!("workflow type {error}")))?,
            task_queue,
            input: ask.input,
            headers: ask.headers,
            execution_timeout: ask.execution_timeout,
            run_timeout: ask.run_timeout,
            retry_policy: ask.retry_policy,
            id_reuse_policy: ask.id_reuse_policy,
            parent_close_policy: ask.parent_close_policy,
            cancellation_type: ask.cancellation_type,
            module_policy: ask.module_policy,
            memo,
            search_attributes,
            summary: ask.summary,
        })
    }

    /// Cancels a child, by its `closed` operation. True: the guest hears nothing more of it.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn cancel_child(&mut self, closed: Operation, reason: String) -> Result<bool, CallError> {
        self.check_open("children.cancel")?;
        let (started, cancellation_type) = match (self.started.get(&closed), self.before(closed)) {
            _ if self.stopping.contains(&closed) => return Ok(false),
            (Some(Started::Child { started, cancellation_type }), _) => (*started, *cancellation_type),
            (None, Some(Pending::Child(child))) if child.cancel_requested => return Ok(false),
            (None, Some(Pending::Child(child))) => {
                (child.initiated.started, child.initiated.cancellation_type)
            }
            (None, None) => return self.no_longer_pending(closed),
            _ => return invalid(format!("operation {closed} is no child's end")),
        };
        let event = EventAttributes::ChildWorkflowExecutionCancelRequested { operation: closed, reason };
        self.issue("children.cancel", event)?;
        let waits = matches!(
            cancellation_type,
            ChildCancellationType::WaitCompleted | ChildCancellationType::WaitRequested
        );
        if waits {
            self.stopping.insert(closed);
        } else {
            for operation in [started, closed] {
                if self.started.contains_key(&operation) || self.before(operation).is_some() {
                    self.forget(operation);
                }
            }
        }
        Ok(!waits)
    }
}
