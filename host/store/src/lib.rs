//! Where a host keeps what must outlive it: runs, histories, modules, and who owns them.
//!
//! One trait, [`Store`], over SQLite and Postgres; one conformance suite holds both to the same behaviour.
//! It knows rows and transactions. It does not know what events mean, what a guest is, or what HTTP is:
//! histories are bytes here.
//!
//! Read [`batch`] for what is written together, [`rows`] for what is read, then a backend.

use std::sync::Arc;

use async_trait::async_trait;
use dalsegno_engine::{
    Timestamp,
    attempts::ActivityRow,
    ids::{EventId, ModuleDigest, Namespace, RunId, WorkflowId, WorkflowType},
    message::MessageId,
    time::Millis,
};

mod attributes;
pub mod batch;
mod changes;
mod convert;
mod dialect;
pub mod error;
pub mod limits;
mod messages;
mod migrations;
mod modules;
mod open;
mod pool;
mod postgres;
mod queries;
mod reads;
pub mod rows;
pub mod shard;
mod sqlite;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod values;

pub use batch::{Batch, HistoryRow, Item, ItemOutcome, LastBatch, NewRun};
pub use error::{CommitError, OpenError, StoreError};
pub use open::{OpenOptions, open};
pub use rows::{
    Attributes, Claim, Fence, ListPage, MessageRow, ModuleRow, RunKey, RunRow, UpdateRow, WakeCursor,
};

/// Durable storage of one host. Every method may be dropped half-way: none leaves a transaction open.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Takes all shards for this host, if no other holds a lease on them, and raises the epoch of whoever
    /// held them before. A host of the same `address` is taken over at once: two that live cannot have it.
    async fn claim(&self, host_id: &str, address: &str, lease: Millis) -> Result<Claim, StoreError>;

    /// Extends the lease, and tells the time of the database.
    ///
    /// # Errors
    /// [`CommitError::FenceLost`]: another host owns the shards.
    async fn renew(&self, fence: &Fence, lease: Millis) -> Result<Timestamp, CommitError>;

    /// Gives the shards up, so that the next host need not wait for the lease to end.
    async fn release(&self, fence: &Fence) -> Result<(), StoreError>;

    /// The last batch stored under this fence, and what became of its items; read under the fence's lock, so
    /// that a commit whose reply was lost has either happened or will not.
    ///
    /// # Errors
    /// [`CommitError::FenceLost`]: another host owns the shards.
    async fn last_batch(&self, fence: &Fence) -> Result<LastBatch, CommitError>;

    /// Stores a batch in one transaction. The outcomes stand in the order of the items; items that conflict
    /// are left out whole, the others are stored.
    ///
    /// # Errors
    /// Nothing is stored on [`CommitError::FenceLost`] and [`CommitError::BadData`]; on
    /// [`CommitError::Unavailable`] it is unknown, and [`Store::last_batch`] tells.
    async fn commit(&self, fence: &Fence, batch: &Batch) -> Result<Vec<ItemOutcome>, CommitError>;

    /// The open run of a workflow id, or else its newest.
    async fn newest_run(&self, namespace: &Namespace, id: &WorkflowId) -> Result<Option<RunRow>, StoreError>;

    /// One run.
    async fn run(&self, key: &RunKey) -> Result<Option<RunRow>, StoreError>;

    /// Transitions in order, from the one that begins at or after `from`; `limit` at most, and one more if it is
    /// an activation without events that follows the last one. The next page begins where this one ends, at
    /// `first_event_id + events` of its last row; a page of less than `limit` is the last.
    async fn history(&self, run: &RunId, from: EventId, limit: u32) -> Result<Vec<HistoryRow>, StoreError>;

    /// Attempts of a run's activities.
    async fn activity_rows(&self, run: &RunId) -> Result<Vec<ActivityRow>, StoreError>;

    /// Messages that nobody has taken, in the order of their ids; `limit` at most, after `after`.
    async fn inbox(&self, after: Option<&MessageId>, limit: u32) -> Result<Vec<MessageRow>, StoreError>;

    /// Forgets a message that neither its target nor its sender is there to take. Needs no fence: both have ended.
    async fn discard(&self, message: &MessageId) -> Result<(), StoreError>;

    /// The outcome of an update of a workflow id.
    async fn update(
        &self,
        namespace: &Namespace,
        id: &WorkflowId,
        update_id: &str,
    ) -> Result<Option<UpdateRow>, StoreError>;

    /// Open runs to look at until `until`, by wake-up time, then run id; `limit` at most, after `after`.
    async fn due_runs(
        &self,
        until: Timestamp,
        after: Option<&WakeCursor>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError>;

    /// Runs of a namespace, the newest first.
    async fn list_runs(&self, namespace: &Namespace, page: &ListPage) -> Result<Vec<RunRow>, StoreError>;

    /// How many runs a namespace has.
    async fn count_runs(&self, namespace: &Namespace) -> Result<u64, StoreError>;

    /// How many runs are parked, in all namespaces.
    async fn count_blocked_runs(&self) -> Result<u64, StoreError>;

    /// Keeps a module. False: it was there.
    async fn put_module(&self, module: &ModuleRow, bytes: &[u8]) -> Result<bool, StoreError>;

    /// What is known of a module.
    async fn module(
        &self,
        namespace: &Namespace,
        digest: &ModuleDigest,
    ) -> Result<Option<ModuleRow>, StoreError>;

    /// A module itself, whatever its namespace: the digest is its content.
    async fn module_bytes(&self, digest: &ModuleDigest) -> Result<Option<Vec<u8>>, StoreError>;

    /// All modules of a namespace, the newest first.
    async fn modules(&self, namespace: &Namespace) -> Result<Vec<ModuleRow>, StoreError>;

    /// The module that new runs of a type get.
    async fn deployment(
        &self,
        namespace: &Namespace,
        workflow_type: &WorkflowType,
    ) -> Result<Option<ModuleDigest>, StoreError>;

    /// Makes a module the one that new runs of a type get; with `only_first`, only if there is none. Tells
    /// the module that is current afterwards.
    async fn deploy(
        &self,
        namespace: &Namespace,
        workflow_type: &WorkflowType,
        module: &ModuleDigest,
        only_first: bool,
    ) -> Result<ModuleDigest, StoreError>;

    /// Whether there is such a namespace.
    async fn namespace_exists(&self, namespace: &Namespace) -> Result<bool, StoreError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The backend, for people: `sqlite` or `postgres`.
    fn backend(&self) -> &'static str;

    /// Whether the database's clock is another than this machine's.
    fn has_own_clock(&self) -> bool;

    /// Closes all connections, after what is under way.
    async fn close(&self);
}

/// A store, shared by the tasks of a host.
pub type SharedStore = Arc<dyn Store>;
