//! The store over any backend.

use async_trait::async_trait;
use dalsegno_engine::{
    Timestamp,
    attempts::ActivityRow,
    ids::{EventId, ModuleDigest, Namespace, RunId, WorkflowId, WorkflowType},
    message::MessageId,
    time::Millis,
};

use crate::{
    Batch, Claim, CommitError, Fence, HistoryRow, ItemOutcome, LastBatch, ListPage, MessageRow, ModuleRow,
    RunKey, RunRow, Store, StoreError, UpdateRow, WakeCursor, batch, changes::Changes, convert::Reader,
    dialect::Backend, messages, modules, reads,
};

/// A store: what is common to all, over what is not.
pub(crate) struct Over<B>(pub(crate) B);

#[async_trait]
impl<B: Backend> Store for Over<B> {
    async fn claim(&self, host_id: &str, address: &str, lease: Millis) -> Result<Claim, StoreError> {
        self.0.claim(host_id, address, lease).await
    }

    async fn renew(&self, fence: &Fence, lease: Millis) -> Result<Timestamp, CommitError> {
        let values = [fence.host_id.as_str().into(), fence.epoch.into(), lease_micros(lease).into()];
        let rows = self.0.write(B::QUERIES.renew, &values).await?;
        let row = rows.first().ok_or(CommitError::FenceLost)?;
        Ok(Reader::new(row).time()?)
    }

    async fn release(&self, fence: &Fence) -> Result<(), StoreError> {
        self.0.release(fence).await
    }

    async fn last_batch(&self, fence: &Fence) -> Result<LastBatch, CommitError> {
        self.0.last_batch(fence).await
    }

    async fn commit(&self, fence: &Fence, batch: &Batch) -> Result<Vec<ItemOutcome>, CommitError> {
        let mut changes = Changes::of(&batch.items)?;
        let conflicting = std::mem::take(&mut changes.conflicting);
        let left_out = self.0.commit(fence, batch.number, changes).await?;
        Ok(batch::outcomes(left_out, batch.items.len(), conflicting))
    }

    async fn newest_run(&self, namespace: &Namespace, id: &WorkflowId) -> Result<Option<RunRow>, StoreError> {
        reads::newest_run(&self.0, namespace, id).await
    }

    async fn run(&self, key: &RunKey) -> Result<Option<RunRow>, StoreError> {
        reads::run(&self.0, key).await
    }

    async fn history(&self, run: &RunId, from: EventId, limit: u32) -> Result<Vec<HistoryRow>, StoreError> {
        reads::history(&self.0, run, from, limit).await
    }

    async fn activity_rows(&self, run: &RunId) -> Result<Vec<ActivityRow>, StoreError> {
        reads::activity_rows(&self.0, run).await
    }

    async fn discard(&self, message: &MessageId) -> Result<(), StoreError> {
        messages::discard(&self.0, message).await
    }

    async fn inbox(&self, after: Option<&MessageId>, limit: u32) -> Result<Vec<MessageRow>, StoreError> {
        messages::inbox(&self.0, after, limit).await
    }

    async fn update(
        &self,
        namespace: &Namespace,
        id: &WorkflowId,
        update_id: &str,
    ) -> Result<Option<UpdateRow>, StoreError> {
        messages::update(&self.0, namespace, id, update_id).await
    }

    async fn due_runs(
        &self,
        until: Timestamp,
        after: Option<&WakeCursor>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        reads::due_runs(&self.0, until, after, limit).await
    }

    async fn list_runs(&self, namespace: &Namespace, page: &ListPage) -> Result<Vec<RunRow>, StoreError> {
        reads::list_runs(&self.0, namespace, page).await
    }

    async fn count_blocked_runs(&self) -> Result<u64, StoreError> {
        reads::count_blocked_runs(&self.0).await
    }

    async fn count_runs(&self, namespace: &Namespace) -> Result<u64, StoreError> {
        reads::count_runs(&self.0, namespace).await
    }

    async fn put_module(&self, module: &ModuleRow, bytes: &[u8]) -> Result<bool, StoreError> {
        modules::put(&self.0, module, bytes).await
    }

    async fn module(
        &self,
        namespace: &Namespace,
        digest: &ModuleDigest,
    ) -> Result<Option<ModuleRow>, StoreError> {
        modules::get(&self.0, namespace, digest).await
    }

    async fn module_bytes(&self, digest: &ModuleDigest) -> Result<Option<Vec<u8>>, StoreError> {
        modules::bytes(&self.0, digest).await
    }

    async fn modules(&self, namespace: &Namespace) -> Result<Vec<ModuleRow>, StoreError> {
        modules::list(&self.0, namespace).await
    }

    async fn deployment(
        &self,
        namespace: &Namespace,
        workflow_type: &WorkflowType,
    ) -> Result<Option<ModuleDigest>, StoreError> {
        modules::deployment(&self.0, namespace, workflow_type).await
    }

    async fn deploy(
        &self,
        namespace: &Namespace,
        workflow_type: &WorkflowType,
        module: &ModuleDigest,
        only_first: bool,
    ) -> Result<ModuleDigest, StoreError> {
        let sql = if only_first { B::QUERIES.deploy_first } else { B::QUERIES.deploy };
        modules::deploy(&self.0, sql, namespace, workflow_type, module).await
    }

    async fn namespace_exists(&self, namespace: &Namespace) -> Result<bool, StoreError> {
        let rows = self.0.read(B::QUERIES.namespace_exists, &[namespace.as_str().into()]).await?;
        Ok(!rows.is_empty())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.0.read(B::QUERIES.ping, &[]).await.map(drop)
    }

    fn backend(&self) -> &'static str {
        B::NAME
    }

    fn has_own_clock(&self) -> bool {
        B::HAS_OWN_CLOCK
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

/// A lease as the database adds it to its time.
pub(crate) fn lease_micros(lease: Millis) -> i64 {
    i64::try_from(lease.0.saturating_mul(1000)).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}
