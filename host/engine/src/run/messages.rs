//! What a run says to other runs, and what they say to it.

use std::sync::Arc;

use super::{Accepted, Refusal, Run};
use crate::{
    event::{
        ChildCancellationType, ChildInitiated, EventAttributes as E, ExternalFailure, Origin, Parent,
        ParentClosePolicy, WorkflowExecutionStarted,
    },
    failure::FailureKind,
    history::ENGINE_SEMANTICS,
    ids::{EventId, ModuleDigest, Operation, RunId},
    limits,
    machines::{child::PendingChild, external::PendingExternal},
    message::{Address, ChildOutcome, Message, MessageBody as Body, MessageId, RunIdentity, StartChild},
    payload::arguments_bytes,
    state::{Pending, Status},
    time::Timestamp,
};

impl Run {
    /// A child, begun as its parent asks.
    #[must_use]
    pub fn start_child(id: &MessageId, start: &StartChild, module: ModuleDigest, now: Timestamp) -> Self {
        let initiated = &start.initiated;
        let origin = Origin {
            parent: Some(Parent { run: start.parent.clone(), operation: initiated.closed }),
            root: Some(start.root.clone()),
            ..Origin::default()
        };
        let started = WorkflowExecutionStarted {
            workflow_type: initiated.workflow_type.clone(),
            workflow_id: initiated.workflow_id.clone(),
            task_queue: initiated.task_queue.clone(),
            input: initiated.input.clone(),
            headers: initiated.headers.clone(),
            module,
            seed: start.seed,
            engine_semantics: ENGINE_SEMANTICS,
            first_run_id: initiated.run_id.clone(),
            attempt: 1,
            execution_timeout: initiated.execution_timeout,
            run_timeout: initiated.run_timeout,
            start_delay: None,
            memo: initiated.memo.clone(),
            search_attributes: initiated.search_attributes.clone(),
            request_id: None,
            namespace: initiated.namespace.clone(),
            retry_policy: initiated.retry_policy.clone(),
            origin,
        };
        let mut run = Self::start(started, now);
        let body = Body::ChildStarted { operation: initiated.closed, run_id: initiated.run_id.clone() };
        run.say(run.state.events, start.parent.address(), body);
        run.consumed.push(id.clone());
        run
    }

    /// Takes a message that is for this run.
    ///
    /// # Errors
    /// [`Refusal`]: nothing has changed, and whoever sent it is to be told.
    pub fn deliver(&mut self, message: &Message) -> Result<Accepted, Refusal> {
        let accepted = match &message.body {
            body @ Body::Signal { .. } => self.take_signal(body)?,
            body @ Body::Cancel { .. } => match self.take_cancel(body)? {
                // The sender is told by whoever delivers; the message is its own to consume.
                Accepted::Duplicate => return Ok(Accepted::Duplicate),
                Accepted::New => Accepted::New,
            },
            Body::ParentClosed { sender, operation, policy } if self.is_child(sender, *operation) => {
                self.parent_closed(*policy)?
            }
            Body::ParentClosed { .. } | Body::StartChild(_) => return Err(Refusal::NotAChild),
            Body::ChildStarted { operation, run_id } => self.child_started(*operation, run_id),
            Body::ChildClosed { operation, run_id, outcome } => {
                self.child_closed(*operation, run_id, outcome)
            }
            Body::Taken { operation } => self.taken(*operation),
        };
        self.consumed.push(message.id.clone());
        Ok(accepted)
    }

    fn take_signal(&mut self, signal: &Body) -> Result<Accepted, Refusal> {
        self.check_open()?;
        let Body::Signal { operation, sender, child_only, name, input, headers } = signal else {
            return Ok(Accepted::Duplicate);
        };
        if *child_only && self.parent().is_none_or(|parent| parent.run != *sender) {
            return Err(Refusal::NotAChild);
        }
        self.check_signals(name.len() + arguments_bytes(input, headers))?;
        self.check_room()?;
        self.record(E::WorkflowExecutionSignaled {
            signal_name: name.clone(),
            input: input.clone(),
            headers: headers.clone(),
            request_id: None,
        });
        self.say(self.state.events, sender.address(), Body::Taken { operation: *operation });
        Ok(Accepted::New)
    }

    fn take_cancel(&mut self, cancel: &Body) -> Result<Accepted, Refusal> {
        self.check_open()?;
        let Body::Cancel { operation, sender, child_only, reason } = cancel else {
            return Ok(Accepted::Duplicate);
        };
        if *child_only && !operation.is_some_and(|operation| self.is_child(sender, operation)) {
            return Err(Refusal::NotAChild);
        }
        if self.state.cancel_requested {
            return Ok(Accepted::Duplicate);
        }
        self.record(E::WorkflowExecutionCancelRequested { reason: reason.clone(), request_id: None });
        if let Some(operation) = operation {
            self.say(self.state.events, sender.address(), Body::Taken { operation: *operation });
        }
        Ok(Accepted::New)
    }

    fn child_started(&mut self, operation: Operation, run_id: &RunId) -> Accepted {
        if self.pending_child(operation).is_none_or(|child| child.run_id.is_some()) {
            return Accepted::Duplicate;
        }
        self.record(E::ChildWorkflowExecutionStarted { operation, run_id: run_id.clone() });
        Accepted::New
    }

    fn child_closed(&mut self, operation: Operation, run_id: &RunId, outcome: &ChildOutcome) -> Accepted {
        if !self.awaits_end(operation) {
            return Accepted::Duplicate;
        }
        self.has_started(operation);
        self.record(child_closed(operation, run_id.clone(), outcome.clone()));
        Accepted::New
    }

    /// Refuses a signal of so many bytes beyond what one run takes.
    pub(super) fn check_signals(&self, more: usize) -> Result<(), Refusal> {
        let (signals, bytes) = (self.state.signals, self.state.signal_bytes);
        if signals >= limits::SIGNALS_PER_RUN_MAX {
            return Err(Refusal::TooManySignals(signals));
        }
        if bytes + more > limits::SIGNAL_BYTES_PER_RUN_MAX {
            return Err(Refusal::TooManySignalBytes(bytes));
        }
        Ok(())
    }

    /// Whether a child is not known to have ended, be it that the guest has given it up.
    fn awaits_end(&self, operation: Operation) -> bool {
        !self.state.is_closed() && self.state.children.contains_key(&operation)
    }

    /// Takes back a message that this run sent and the other could not take.
    pub fn undeliverable(&mut self, message: &Message, cause: ExternalFailure) {
        match &message.body {
            Body::StartChild(start) => {
                let operation = start.initiated.closed;
                let has_started = self.pending_child(operation).is_some_and(|child| child.run_id.is_some());
                if self.awaits_end(operation) && !has_started {
                    self.record(E::StartChildWorkflowExecutionFailed { operation, cause });
                }
            }
            Body::Signal { operation, .. } if self.external(*operation) == Some(PendingExternal::Signal) => {
                self.record(E::SignalExternalWorkflowExecutionFailed { operation: *operation, cause });
            }
            Body::Cancel { operation: Some(operation), .. }
                if self.external(*operation) == Some(PendingExternal::Cancel) =>
            {
                let operation = *operation;
                self.record(E::RequestCancelExternalWorkflowExecutionFailed { operation, cause });
            }
            _ => {}
        }
        self.consumed.push(message.id.clone());
    }

    /// Takes back a message that this run sent and that changes nothing at the other, which was asked before.
    pub fn taken_before(&mut self, message: &Message) {
        if let Body::Cancel { operation: Some(operation), .. } = &message.body {
            self.taken(*operation);
        }
        self.consumed.push(message.id.clone());
    }

    fn taken(&mut self, operation: Operation) -> Accepted {
        let waits_requested = self.pending_child(operation).is_some_and(|child| {
            child.cancel_requested
                && child.initiated.cancellation_type == ChildCancellationType::WaitRequested
        });
        match self.external(operation) {
            Some(PendingExternal::Signal) => {
                self.record(E::ExternalWorkflowExecutionSignaled { operation });
            }
            Some(PendingExternal::Cancel) => {
                self.record(E::ExternalWorkflowExecutionCancelRequested { operation });
            }
            None if waits_requested => {
                self.has_started(operation);
                self.record(E::ExternalWorkflowExecutionCancelRequested { operation });
            }
            None => return Accepted::Duplicate,
        }
        Accepted::New
    }

    /// What a child says or takes tells that it has started, though the message that says so may come later.
    fn has_started(&mut self, operation: Operation) {
        let starting = self.pending_child(operation).filter(|child| child.run_id.is_none());
        if let Some(run_id) = starting.map(|child| child.initiated.run_id.clone()) {
            self.record(E::ChildWorkflowExecutionStarted { operation, run_id });
        }
    }

    fn parent_closed(&mut self, policy: ParentClosePolicy) -> Result<Accepted, Refusal> {
        self.check_open()?;
        match policy {
            ParentClosePolicy::Terminate => {
                let reason = "its parent has ended".to_owned();
                self.close(E::WorkflowExecutionTerminated { reason });
            }
            ParentClosePolicy::RequestCancel if !self.state.cancel_requested => {
                let reason = "its parent has ended".to_owned();
                self.record(E::WorkflowExecutionCancelRequested { reason, request_id: None });
            }
            ParentClosePolicy::RequestCancel | ParentClosePolicy::Abandon => return Ok(Accepted::Duplicate),
        }
        Ok(Accepted::New)
    }

    fn pending_child(&self, closed: Operation) -> Option<&PendingChild> {
        self.state.pending.get(&closed).and_then(Pending::as_child)
    }

    fn external(&self, operation: Operation) -> Option<PendingExternal> {
        match self.state.pending.get(&operation) {
            Some(Pending::External(external)) => Some(*external),
            _ => None,
        }
    }

    fn parent(&self) -> Option<&Parent> {
        self.state.started.as_ref()?.origin.parent.as_ref()
    }

    /// Whether the run is the one that a parent means: the parent may have had others of the same workflow id.
    fn is_child(&self, parent: &RunIdentity, operation: Operation) -> bool {
        self.parent().is_some_and(|known| known.run == *parent && known.operation == operation)
    }

    fn identity(&self) -> Option<RunIdentity> {
        self.state.started.as_ref().map(|started| started.identity())
    }

    /// Sends a message with the step that has this event.
    fn say(&mut self, event: EventId, to: Address, body: Body) {
        let Some(RunIdentity { run_id: sender, .. }) = self.identity() else { return };
        self.outbox.push(Message { id: MessageId { sender, event, kind: body.kind() }, to, body });
    }

    /// What a command says to other runs; it is the last event.
    pub(super) fn tell(&mut self, command: &E) {
        let Some(sender) = self.identity() else { return };
        let event = self.state.events;
        match command {
            E::StartChildWorkflowExecutionInitiated(initiated) => self.tell_start(event, initiated, sender),
            E::ChildWorkflowExecutionCancelRequested { operation, reason } => {
                let Some(child) = self.state.children.get(operation).cloned() else { return };
                if child.cancellation_type == ChildCancellationType::Abandon {
                    return;
                }
                let (operation, reason) = (Some(*operation), reason.clone());
                let body = Body::Cancel { operation, sender, child_only: true, reason };
                self.say(event, child.workflow(), body);
            }
            E::SignalExternalWorkflowExecutionInitiated(signal) => {
                let to = Address {
                    namespace: signal.namespace.clone(),
                    workflow_id: signal.workflow_id.clone(),
                    run_id: signal.run_id.clone(),
                };
                let body = Body::Signal {
                    operation: signal.operation,
                    sender,
                    child_only: signal.child_only,
                    name: signal.signal_name.clone(),
                    input: signal.input.clone(),
                    headers: signal.headers.clone(),
                };
                self.say(event, to, body);
            }
            E::RequestCancelExternalWorkflowExecutionInitiated {
                operation,
                namespace,
                workflow_id,
                run_id,
                reason,
            } => {
                let to = Address {
                    namespace: namespace.clone(),
                    workflow_id: workflow_id.clone(),
                    run_id: run_id.clone(),
                };
                let (operation, reason) = (Some(*operation), reason.clone());
                self.say(event, to, Body::Cancel { operation, sender, child_only: false, reason });
            }
            _ => {}
        }
    }

    fn tell_start(&mut self, event: EventId, initiated: &Arc<ChildInitiated>, parent: RunIdentity) {
        let Some(started) = self.state.started.clone() else { return };
        let start = StartChild {
            initiated: (**initiated).clone(),
            root: started.origin.root.clone().unwrap_or_else(|| parent.clone()),
            parent,
            module: started.module.clone(),
            seed: started.seed.derive("child's seed", initiated.closed),
        };
        let to = Address { run_id: Some(initiated.run_id.clone()), ..initiated.workflow() };
        self.say(event, to, Body::StartChild(Box::new(start)));
    }

    /// Tells the parent and the children that the run has ended.
    pub(super) fn tell_end(&mut self) {
        let Some(sender) = self.identity() else { return };
        let children = self.state.children.clone();
        self.outbox.reserve(children.len());
        for (operation, child) in children {
            let policy = child.parent_close_policy;
            if policy != ParentClosePolicy::Abandon {
                let sender = sender.clone();
                // Behind all that the run has said to the child before, and not as what it says to another one.
                let place = self.state.events + operation;
                self.say(place, child.workflow(), Body::ParentClosed { sender, operation, policy });
            }
        }
        let parent = self.state.started.as_ref().and_then(|started| started.origin.parent.clone());
        if let (Some(parent), None, Some(outcome)) = (parent, &self.state.successor, self.child_outcome()) {
            let body = Body::ChildClosed { operation: parent.operation, run_id: sender.run_id, outcome };
            self.say(self.state.events, parent.run.address(), body);
        }
    }

    /// How the run ended, as its parent is told.
    fn child_outcome(&self) -> Option<ChildOutcome> {
        let outcome = self.state.outcome.clone()?;
        Some(match (self.state.status, outcome) {
            (Status::TimedOut, _) => ChildOutcome::TimedOut { retry_state: self.state.retry_state },
            (Status::Terminated, _) => ChildOutcome::Terminated,
            (_, Ok(result)) => ChildOutcome::Completed(result),
            (Status::Cancelled, Err(failure)) => match failure.kind {
                FailureKind::Cancelled { details } => ChildOutcome::Canceled { details },
                _ => ChildOutcome::Canceled { details: Vec::new() },
            },
            (_, Err(failure)) => ChildOutcome::Failed { failure, retry_state: self.state.retry_state },
        })
    }
}

impl RunIdentity {
    /// Where messages reach it.
    #[must_use]
    pub fn address(&self) -> Address {
        Address {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            run_id: Some(self.run_id.clone()),
        }
    }
}

impl ChildInitiated {
    /// The child, whichever of its runs is the newest.
    #[must_use]
    pub fn workflow(&self) -> Address {
        Address { namespace: self.namespace.clone(), workflow_id: self.workflow_id.clone(), run_id: None }
    }
}

fn child_closed(operation: Operation, run_id: RunId, outcome: ChildOutcome) -> E {
    match outcome {
        ChildOutcome::Completed(result) => E::ChildWorkflowExecutionCompleted { operation, run_id, result },
        ChildOutcome::Failed { failure, retry_state } => {
            E::ChildWorkflowExecutionFailed { operation, run_id, failure, retry_state }
        }
        ChildOutcome::Canceled { details } => {
            E::ChildWorkflowExecutionCanceled { operation, run_id, details }
        }
        ChildOutcome::Terminated => E::ChildWorkflowExecutionTerminated { operation, run_id },
        ChildOutcome::TimedOut { retry_state } => {
            E::ChildWorkflowExecutionTimedOut { operation, run_id, retry_state }
        }
    }
}
