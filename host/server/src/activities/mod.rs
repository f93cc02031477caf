//! Work outside the sandbox, done natively.
//!
//! An activity is a function registered under a name ([`registry`]), called with a [`context`]. The
//! [`dispatcher`] makes attempts once the step that asks for them is durable.

pub(crate) mod command;
mod context;
mod dispatcher;
mod error;
pub(crate) mod http;
mod queues;
mod registry;

pub use context::{ActivityContext, ActivityInfo};
pub(crate) use dispatcher::dispatch;
pub use error::ActivityError;
pub(crate) use queues::Queues;
pub use registry::ActivityFn;
pub(crate) use registry::{Activity, typed};

use std::{collections::HashMap, sync::Arc};

/// The activities of a host, and where they wait for their turn.
pub(crate) struct Activities {
    by_name: HashMap<String, Arc<dyn Activity>>,
    queues: Queues,
}

impl Activities {
    pub(crate) fn new(by_name: HashMap<String, Arc<dyn Activity>>, queues: Queues) -> Self {
        Self { by_name, queues }
    }

    fn get(&self, name: &str) -> Option<&Arc<dyn Activity>> {
        self.by_name.get(name)
    }

    /// The names, for people.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}
