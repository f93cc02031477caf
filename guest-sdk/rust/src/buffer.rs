//! Signals that nobody has taken yet.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
};

use crate::bindings::dalsegno::workflow::types::Request;

/// Signals by name, each with its place in the order in which all came.
#[derive(Default)]
pub(crate) struct SignalBuffer(RefCell<Kept>);

#[derive(Default)]
struct Kept {
    received: u64,
    by_name: BTreeMap<String, VecDeque<(u64, Request)>>,
}

impl SignalBuffer {
    /// Keeps one.
    pub(crate) fn push(&self, signal: Request) {
        let mut kept = self.0.borrow_mut();
        kept.received += 1;
        let place = kept.received;
        kept.by_name.entry(signal.name.clone()).or_default().push_back((place, signal));
    }

    /// Takes the oldest of a name.
    pub(crate) fn take(&self, name: &str) -> Option<Request> {
        let (_, signal) = self.0.borrow_mut().by_name.get_mut(name)?.pop_front()?;
        Some(signal)
    }

    /// Takes all, in the order in which they came.
    pub(crate) fn take_all(&self) -> Vec<Request> {
        let by_name = std::mem::take(&mut self.0.borrow_mut().by_name);
        let mut all: Vec<_> = by_name.into_values().flatten().collect();
        all.sort_unstable_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, signal)| signal).collect()
    }

    /// The names, and how many there are of each.
    pub(crate) fn numbers(&self) -> Vec<(String, usize)> {
        let kept = self.0.borrow();
        let waiting = kept.by_name.iter().filter(|(_, signals)| !signals.is_empty());
        waiting.map(|(name, signals)| (name.clone(), signals.len())).collect()
    }
}
