//! Cancellation scopes: which awaiting code a cancellation reaches.
//!
//! A run has a root scope, cancelled by the request to cancel. Scopes nest: cancelling one cancels those
//! within. Code in a cancelled scope gets a cancelled failure at every await that would have to wait, now and
//! later. A shield is a scope without an outer one, so that nothing from outside reaches it.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fmt,
    panic::Location,
    rc::{Rc, Weak},
};

use crate::waits::WaitId;

/// A handle of a scope.
#[derive(Clone)]
pub(crate) struct Scope(Rc<State>);

struct State {
    kind: Kind,
    /// Why it is cancelled, if it is.
    reason: RefCell<Option<String>>,
    /// Who waits in this very scope.
    waits: RefCell<BTreeSet<WaitId>>,
    /// The next outer scope, and this one's number in it.
    outer: OnceCell<(Scope, u64)>,
    inner: RefCell<Inner>,
}

enum Kind {
    Root,
    Scope(&'static Location<'static>),
    Shield(&'static Location<'static>),
}

/// The scopes that begin in a scope. They are there as long as somebody holds them.
#[derive(Default)]
struct Inner {
    begun: u64,
    scopes: BTreeMap<u64, Weak<State>>,
}

impl Scope {
    fn new(kind: Kind) -> Self {
        Self(Rc::new(State {
            kind,
            reason: RefCell::default(),
            waits: RefCell::default(),
            outer: OnceCell::new(),
            inner: RefCell::default(),
        }))
    }

    /// The scope of a run.
    pub(crate) fn root() -> Self {
        Self::new(Kind::Root)
    }

    /// A scope that begins at this place in the code.
    pub(crate) fn at(location: &'static Location<'static>) -> Self {
        Self::new(Kind::Scope(location))
    }

    /// A scope that nothing from outside reaches.
    pub(crate) fn shield(location: &'static Location<'static>) -> Self {
        Self::new(Kind::Shield(location))
    }

    /// Puts a new scope into another one, unless it is a shield or has an outer one already.
    pub(crate) fn enter(&self, outer: &Self) {
        if !matches!(self.0.kind, Kind::Scope(_)) || self.0.outer.get().is_some() {
            return;
        }
        let number = {
            let mut inner = outer.0.inner.borrow_mut();
            inner.begun += 1;
            let number = inner.begun;
            inner.scopes.insert(number, Rc::downgrade(&self.0));
            number
        };
        if let Some(reason) = outer.reason() {
            self.cancel(&reason);
        }
        let entered = self.0.outer.set((outer.clone(), number));
        debug_assert!(entered.is_ok(), "a scope has one outer scope");
    }

    /// Marks it and all within as cancelled. Returns who waits there: waking them is the caller's.
    pub(crate) fn cancel(&self, reason: &str) -> BTreeSet<WaitId> {
        let (mut reached, mut scopes) = (BTreeSet::new(), vec![self.0.clone()]);
        while let Some(scope) = scopes.pop() {
            scope.reason.borrow_mut().get_or_insert_with(|| reason.to_owned());
            reached.extend(scope.waits.borrow().iter());
            scopes.extend(scope.inner.borrow().scopes.values().filter_map(Weak::upgrade));
        }
        reached
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.reason.borrow().is_some()
    }

    /// The reason given, if it is cancelled.
    pub(crate) fn reason(&self) -> Option<String> {
        self.0.reason.borrow().clone()
    }

    /// Says that someone waits in it.
    pub(crate) fn begin_wait(&self, id: WaitId) {
        self.0.waits.borrow_mut().insert(id);
    }

    /// Says that someone waits no longer.
    pub(crate) fn end_wait(&self, id: WaitId) {
        self.0.waits.borrow_mut().remove(&id);
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some((outer, number)) = self.outer.get() {
            outer.0.inner.borrow_mut().scopes.remove(number);
        }
    }
}

/// The scopes from the innermost outwards; nothing for the root.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cancelled = if self.is_cancelled() { " (cancelled)" } else { "" };
        match self.0.kind {
            Kind::Root => return Ok(()),
            Kind::Scope(location) => write!(f, ", in the scope of {location}{cancelled}")?,
            Kind::Shield(location) => write!(f, ", shielded by {location}{cancelled}")?,
        }
        self.0.outer.get().map_or(Ok(()), |(outer, _)| outer.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope_in(outer: &Scope) -> Scope {
        let scope = Scope::at(Location::caller());
        scope.enter(outer);
        scope
    }

    #[test]
    fn cancelling_reaches_inwards_only() {
        let root = Scope::root();
        let outer = scope_in(&root);
        let (inner, sibling) = (scope_in(&outer), scope_in(&root));
        for (scope, id) in [(&root, 1), (&outer, 2), (&inner, 3), (&sibling, 4)] {
            scope.begin_wait(id);
        }
        assert_eq!(outer.cancel("enough"), [2, 3].into());
        assert_eq!(inner.reason().as_deref(), Some("enough"));
        assert!(!root.is_cancelled() && !sibling.is_cancelled());
        assert_eq!(root.cancel("all"), [1, 2, 3, 4].into());
        assert_eq!(inner.reason().as_deref(), Some("enough"), "the first reason counts");
    }

    #[test]
    fn a_scope_that_begins_in_a_cancelled_one_is_cancelled() {
        let root = Scope::root();
        root.cancel("enough");
        assert_eq!(scope_in(&root).reason().as_deref(), Some("enough"));
        let shield = Scope::shield(Location::caller());
        shield.enter(&root);
        assert!(!shield.is_cancelled() && !scope_in(&shield).is_cancelled());
    }

    #[test]
    fn scopes_that_ended_leave_nothing_behind() {
        let root = Scope::root();
        for _ in 0..3 {
            drop(scope_in(&root));
        }
        assert!(root.0.inner.borrow().scopes.is_empty());
    }
}
