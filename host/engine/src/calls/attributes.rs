//! What a run notes of itself.

use std::collections::BTreeMap;

use super::{CallError, Calls, invalid};
use crate::{
    Payload,
    attributes::{Attributes, normal_memo, normal_search_attributes},
    event::EventAttributes as E,
};

impl Calls {
    /// Changes search attributes; absent values are removed.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn upsert_search_attributes(
        &mut self,
        changed: &BTreeMap<String, Option<Payload>>,
    ) -> Result<(), CallError> {
        self.check_open("run.upsert-search-attributes")?;
        let search_attributes = normal_search_attributes(changed).or_else(invalid)?;
        if !self.is_replay() {
            self.attributes_now().check_search_attributes(&search_attributes).or_else(invalid)?;
        }
        let event = E::UpsertWorkflowSearchAttributes { search_attributes: search_attributes.clone() };
        self.issue("run.upsert-search-attributes", event)?;
        self.attributes_now().change_search_attributes(&search_attributes);
        Ok(())
    }

    /// Changes notes; absent values are removed.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn set_memo(&mut self, changed: BTreeMap<String, Option<Payload>>) -> Result<(), CallError> {
        self.check_open("run.set-memo")?;
        let upserted_memo = normal_memo(changed);
        if !self.is_replay() {
            self.attributes_now().check_memo(&upserted_memo).or_else(invalid)?;
        }
        self.issue("run.set-memo", E::WorkflowPropertiesModified { upserted_memo: upserted_memo.clone() })?;
        self.attributes_now().change_memo(&upserted_memo);
        Ok(())
    }

    /// What a new run is to have.
    pub(super) fn fresh_attributes(&self, given: Attributes) -> Result<Attributes, CallError> {
        if self.is_replay() { given.normal() } else { given.fresh() }.or_else(invalid)
    }

    fn attributes_now(&mut self) -> &mut Attributes {
        self.attributes.get_or_insert_with(|| (*self.state.attributes).clone())
    }
}
