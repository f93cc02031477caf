//! What a run says to others and hears from them, by script: without anybody there.

use dalsegno_engine::{
    event::{ExternalFailure, UpdateOutcome},
    guest::Request,
    ids::{EventId, Operation, RunId, WorkflowId},
    message::{Address, ChildOutcome, Message, MessageBody, MessageId, RunIdentity},
    run::{Accepted, Input, Refusal},
};

use super::{World, json};

/// A run that has nothing to do with the others.
pub(crate) fn stranger() -> RunIdentity {
    RunIdentity {
        namespace: super::started().namespace,
        workflow_id: WorkflowId::new("stranger"),
        run_id: RunId::new("stranger-1"),
    }
}

impl World {
    /// The run, as others know it.
    pub(crate) fn identity(&self) -> RunIdentity {
        self.run.state().started.as_ref().expect("it has started").identity()
    }

    /// The messages that nobody has recorded, by kind of body.
    pub(crate) fn kinds_sent(&self) -> Vec<&'static str> {
        let kind = |message: &Message| match message.body {
            MessageBody::StartChild(_) => "StartChild",
            MessageBody::ChildStarted { .. } => "ChildStarted",
            MessageBody::ChildClosed { .. } => "ChildClosed",
            MessageBody::ParentClosed { .. } => "ParentClosed",
            MessageBody::Signal { .. } => "Signal",
            MessageBody::Cancel { .. } => "Cancel",
            MessageBody::Taken { .. } => "Taken",
        };
        self.stored.inbox().iter().map(kind).collect()
    }

    /// Hears this from another run, from an event that it has not heard from yet.
    pub(crate) fn hear(&mut self, body: MessageBody) -> Result<Accepted, Refusal> {
        let message = self.message(body);
        self.hear_message(&message)
    }

    pub(crate) fn message(&mut self, body: MessageBody) -> Message {
        let event = self.stored.consumed.len() as EventId + 1;
        let id = MessageId { sender: RunId::new("another-run"), event, kind: body.kind() };
        Message { id, to: self.identity().address(), body }
    }

    /// Hears a message. What it takes it consumes, unless it tells the sender to.
    pub(crate) fn hear_message(&mut self, message: &Message) -> Result<Accepted, Refusal> {
        let before = self.stored.consumed.contains(&message.id);
        let answer = self.turn(|run| run.deliver(message));
        let senders = matches!(
            (&answer, &message.body),
            (Err(_), _) | (Ok(Accepted::Duplicate), MessageBody::Cancel { .. })
        );
        assert_eq!(self.stored.consumed.contains(&message.id), before || !senders);
        answer
    }

    /// Somebody has recorded this message of the run.
    pub(crate) fn recorded(&mut self, id: &MessageId) {
        assert!(self.stored.sent.contains_key(id), "it was never sent: {id:?}");
        assert!(self.stored.gone.insert(id.clone()), "recorded twice: {id:?}");
    }

    /// The oldest message that nobody has recorded.
    pub(crate) fn next_message(&self) -> Message {
        self.stored.inbox().into_iter().next().expect("it has said something")
    }

    /// The oldest message is recorded by the run it is for.
    pub(crate) fn taken(&mut self) -> Message {
        let message = self.next_message();
        self.recorded(&message.id);
        message
    }

    /// The oldest message cannot be taken by the run it is for.
    pub(crate) fn undeliverable(&mut self, cause: ExternalFailure) {
        let message = self.next_message();
        self.turn(|run| run.undeliverable(&message, cause));
        assert!(self.stored.consumed.contains(&message.id) && self.stored.gone.contains(&message.id));
    }

    /// The oldest message asks for what was asked before.
    pub(crate) fn taken_before(&mut self) {
        let message = self.next_message();
        self.turn(|run| run.taken_before(&message));
        assert!(self.stored.consumed.contains(&message.id) && self.stored.gone.contains(&message.id));
    }

    /// The child with this `closed` operation has begun.
    pub(crate) fn child_started(&mut self, operation: Operation) -> Result<Accepted, Refusal> {
        let run_id = self.child_run(operation);
        self.hear(MessageBody::ChildStarted { operation, run_id })
    }

    /// The child with this `closed` operation has ended.
    pub(crate) fn child_closed(
        &mut self,
        operation: Operation,
        outcome: ChildOutcome,
    ) -> Result<Accepted, Refusal> {
        let run_id = RunId::new(format!("last-run-of-{operation}"));
        self.hear(MessageBody::ChildClosed { operation, run_id, outcome })
    }

    pub(crate) fn child_run(&self, operation: Operation) -> RunId {
        let child = self.run.state().children.get(&operation);
        child.map_or_else(|| RunId::new("long-gone"), |child| child.run_id.clone())
    }

    pub(crate) fn update(&mut self, id: &str, argument: &str) -> Result<Accepted, Refusal> {
        self.input(update(id, argument))
    }
}

pub(crate) fn update(id: &str, argument: &str) -> Input {
    Input::Update(Request {
        id: id.to_owned(),
        name: "set".to_owned(),
        input: vec![json(argument)],
        headers: Vec::new(),
    })
}

/// The outcome of an update with this result.
pub(crate) fn updated(result: &str) -> UpdateOutcome {
    UpdateOutcome::Completed(json(result))
}

/// A signal from a stranger.
pub(crate) fn signal_from(sender: RunIdentity, name: &str, child_only: bool) -> MessageBody {
    MessageBody::Signal {
        operation: 1,
        sender,
        child_only,
        name: name.to_owned(),
        input: vec![json("1")],
        headers: Vec::new(),
    }
}

/// A request to cancel.
pub(crate) fn cancel_from(sender: RunIdentity, child_only: bool) -> MessageBody {
    MessageBody::Cancel { operation: Some(1), sender, child_only, reason: "not needed".to_owned() }
}

/// Whether an address is that of the newest run of a workflow id.
pub(crate) fn means_newest(to: &Address, workflow_id: &str) -> bool {
    to.workflow_id.as_str() == workflow_id && to.run_id.is_none()
}
