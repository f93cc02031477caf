//! Answers to updates.

use super::{CallError, Calls, invalid};
use crate::{
    Failure, Payload,
    event::{EventAttributes, UpdateOutcome},
    payload::BINARY_NULL,
};

impl Calls {
    /// Answers an update with its result; none is a payload that says so.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn complete_update(&mut self, id: String, result: Option<Payload>) -> Result<(), CallError> {
        let result = result.unwrap_or_else(|| Payload::encoded(BINARY_NULL, ""));
        self.answer_update("updates.complete", id, UpdateOutcome::Completed(result))
    }

    /// Answers an update with a failure.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn fail_update(&mut self, id: String, failure: Failure) -> Result<(), CallError> {
        self.answer_update("updates.fail", id, UpdateOutcome::Failed(failure.bounded()))
    }

    fn answer_update(
        &mut self,
        call: &'static str,
        update_id: String,
        outcome: UpdateOutcome,
    ) -> Result<(), CallError> {
        self.check_open(call)?;
        let answered = self.updates.contains(&update_id);
        if answered || self.state.updates.get(&update_id) != Some(&false) {
            return invalid(format!("the update `{update_id}` is not under way"));
        }
        let event =
            EventAttributes::WorkflowExecutionUpdateCompleted { update_id: update_id.clone(), outcome };
        self.issue(call, event)?;
        self.updates.insert(update_id);
        Ok(())
    }
}
