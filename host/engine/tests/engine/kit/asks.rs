//! What else a scripted workflow asks for: updates, children, other runs, patches, another run.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Failure, Payload,
    calls::{ContinueAsNew, StartChild},
    guest::Request,
    message::Address,
};

use super::{Ctx, Op, Outcome, json};

/// A child of this type and workflow id.
pub(crate) fn child(workflow_type: &str, workflow_id: &str) -> StartChild {
    StartChild {
        workflow_type: workflow_type.to_owned(),
        workflow_id: Some(workflow_id.to_owned()),
        ..StartChild::default()
    }
}

/// Attributes as a workflow changes them, from JSON; an empty text removes.
pub(crate) fn changes(changed: &[(&str, &str)]) -> BTreeMap<String, Option<Payload>> {
    let value = |text: &str| (!text.is_empty()).then(|| json(text));
    changed.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect()
}

impl Ctx {
    /// Answers an update.
    pub(crate) fn answer(&self, update: &Request, outcome: Result<Option<Payload>, Failure>) {
        let id = update.id.clone();
        self.call(|calls| match outcome {
            Ok(result) => calls.complete_update(id, result),
            Err(failure) => calls.fail_update(id, failure),
        });
    }

    /// Signals the newest run of a workflow id.
    pub(crate) fn signal_other(&self, workflow_id: &str, name: &str, child_only: bool) -> Op {
        self.operation(self.call(|calls| {
            let to = calls.address(None, workflow_id.to_owned(), None)?;
            calls.signal_external(to, name.to_owned(), vec![json("1")], Vec::new(), child_only)
        }))
    }

    /// Asks a run to cancel.
    pub(crate) fn cancel_other(&self, workflow_id: &str, run_id: Option<&str>) -> Op {
        self.operation(self.call(|calls| {
            let run_id = run_id.map(ToOwned::to_owned);
            let to: Address = calls.address(None, workflow_id.to_owned(), run_id)?;
            calls.cancel_external(to, "not needed".to_owned())
        }))
    }

    /// Whether the run has a patch; false after an error, which ends the activation.
    pub(crate) fn patched(&self, id: &str) -> bool {
        self.call(|calls| calls.patched(id.to_owned())) == Some(true)
    }

    /// The version of a change, from -1 to `maximum`.
    pub(crate) fn version(&self, change_id: &str, maximum: i32) -> i32 {
        self.call(|calls| calls.get_version(change_id.to_owned(), -1, maximum)).unwrap_or(i32::MIN)
    }

    pub(crate) fn deprecate_patch(&self, id: &str) {
        self.call(|calls| calls.deprecate_patch(id.to_owned()));
    }

    /// Goes on in another run.
    pub(crate) async fn continue_as_new(&self, ask: ContinueAsNew) -> Outcome {
        self.call(|calls| calls.continue_as_new(ask));
        self.shared().closed = true;
        std::future::pending().await
    }

    /// Takes the signals that nobody has waited for.
    pub(crate) fn unhandled_signals(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared().signals).into()
    }
}
