//! What clients can ask of a host, whatever the protocol. One file for each group of calls.
//!
//! **Invariant:** a call that changes something answers when the change is durable, never before.

mod arguments;
mod error;
mod fresh;
mod lookup;
mod messages;
mod modules;
mod query;
mod reads;
mod replayed;
mod result;
mod start;
mod types;
mod update;
mod with_start;

use std::{collections::HashSet, sync::Arc, time::Duration};

use dalsegno_engine::ids::{Namespace, RunId};
use dalsegno_store::SharedStore;
use parking_lot::RwLock;
use tokio::sync::Semaphore;

use crate::{
    modules::Modules,
    owner::tenure::{Standing, Tenure},
    telemetry::metrics::Metrics,
    turns::Turns,
};

pub use error::{ErrorCode, ServiceError};
pub use types::*;

/// How long a call waits for a change to become durable before it says that it does not know.
const ACKNOWLEDGE_MAX: Duration = Duration::from_secs(10);

/// A host, as its clients see it.
pub struct Service {
    pub(crate) store: SharedStore,
    pub(crate) tenure: Arc<Tenure>,
    pub(crate) modules: Arc<Modules>,
    pub(crate) metrics: Arc<Metrics>,
    /// Known to exist.
    pub(crate) namespaces: RwLock<HashSet<Namespace>>,
    queries: Semaphore,
    /// Updates of one run are decided one at a time: each validator sees what the update before it led to.
    update_turns: Turns<RunId>,
}

impl Service {
    pub(crate) fn new(
        store: SharedStore,
        tenure: Arc<Tenure>,
        modules: Arc<Modules>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let queries = Semaphore::new(query::QUERIES_MAX);
        let (namespaces, update_turns) = (RwLock::default(), Turns::default());
        Self { store, tenure, modules, metrics, namespaces, queries, update_turns }
    }

    /// Why the host takes no requests, if so.
    pub async fn not_ready(&self) -> Option<String> {
        match self.tenure.standing() {
            Standing::Waiting(reason) => Some(reason),
            Standing::Owner(owner) if owner.draining.is_cancelled() => {
                Some("the host is stopping".to_owned())
            }
            Standing::Owner(_) => self.store.ping().await.err().map(|error| error.to_string()),
        }
    }

    /// All metrics, in the text form of `OpenMetrics`.
    pub async fn metrics(&self) -> String {
        // While the database does not answer, the last count stands.
        if let Ok(blocked) = self.store.count_blocked_runs().await {
            self.metrics.runs_blocked.set(i64::try_from(blocked).unwrap_or(i64::MAX));
        }
        if let Standing::Owner(owner) = self.tenure.standing() {
            self.metrics.runs_in_memory.set(i64::try_from(owner.registry.len()).unwrap_or(i64::MAX));
        }
        self.metrics.to_text()
    }
}
