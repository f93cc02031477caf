//! Work outside the sandbox, done natively.
//!
//! An activity is a function registered under a name ([`registry`]), called with a [`context`]. The
//! [`dispatcher`] makes attempts once the step that asks for them is durable. On a test host answers can be registered
//! for activities, and those without code here wait for [`pollers`].

pub(crate) mod command;
mod context;
mod dispatcher;
mod error;
pub(crate) mod http;
mod pollers;
mod queues;
mod registry;

pub use context::{ActivityContext, ActivityInfo};
pub(crate) use dispatcher::dispatch;
pub use error::ActivityError;
pub(crate) use pollers::{NotWaiting, PolledTask, Pollers, Wanted};
pub(crate) use queues::Queues;
pub use registry::ActivityFn;
pub(crate) use registry::{Activity, AttemptFuture, typed};

use std::{collections::HashMap, sync::Arc};

use crate::testing::StandIns;

/// The activities of a host, and where they wait for their turn.
pub(crate) struct Activities {
    by_name: HashMap<String, Arc<dyn Activity>>,
    queues: Queues,
    /// Who makes attempts elsewhere, on a test host.
    pollers: Option<Arc<Pollers>>,
    stand_ins: Option<Arc<StandIns>>,
}

/// Who makes the attempts of an activity.
#[derive(Clone)]
enum Code {
    /// Code of this host.
    Native(Arc<dyn Activity>),
    /// Whoever polls for them.
    Pollers(Arc<Pollers>),
}

impl Activities {
    pub(crate) fn new(by_name: HashMap<String, Arc<dyn Activity>>, queues: Queues) -> Self {
        Self { by_name, queues, pollers: None, stand_ins: None }
    }

    /// With answers for some activities, and pollers for those without code.
    pub(crate) fn with_test(mut self, stand_ins: Arc<StandIns>, pollers: Arc<Pollers>) -> Self {
        (self.stand_ins, self.pollers) = (Some(stand_ins), Some(pollers));
        self
    }

    fn code(&self, name: &str) -> Option<Code> {
        let stand_in = self.stand_ins.as_ref().and_then(|stand_ins| stand_ins.get(name));
        let native = stand_in.or_else(|| self.by_name.get(name).cloned()).map(Code::Native);
        native.or_else(|| self.pollers.clone().map(Code::Pollers))
    }

    /// The names, for people.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}
