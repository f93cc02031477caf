//! The asynchronous handlers that are at work.

use std::{cell::RefCell, collections::BTreeMap};

/// What becomes of a handler that has not ended when the run closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// It is given up, with a warning in the run's log.
    Warn,
    /// It is given up.
    Abandon,
}

/// Counted from 1 in the order of their beginnings.
pub(crate) type HandlerId = u64;

/// All of a run.
#[derive(Default)]
pub(crate) struct Handlers(RefCell<Entries>);

#[derive(Default)]
struct Entries {
    begun: HandlerId,
    at_work: BTreeMap<HandlerId, (String, Unfinished)>,
}

impl Handlers {
    pub(crate) fn begin(&self, name: &str, unfinished: Unfinished) -> HandlerId {
        let mut entries = self.0.borrow_mut();
        entries.begun += 1;
        let id = entries.begun;
        entries.at_work.insert(id, (name.to_owned(), unfinished));
        id
    }

    pub(crate) fn end(&self, id: HandlerId) {
        self.0.borrow_mut().at_work.remove(&id);
    }

    pub(crate) fn all_finished(&self) -> bool {
        self.0.borrow().at_work.is_empty()
    }

    /// The names of those that are not to be abandoned in silence.
    pub(crate) fn to_warn_of(&self) -> Vec<String> {
        let entries = self.0.borrow();
        let at_work = entries.at_work.values().filter(|(_, unfinished)| *unfinished == Unfinished::Warn);
        at_work.map(|(name, _)| name.clone()).collect()
    }
}
