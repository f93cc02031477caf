//! Describing runs, their histories and their lists: durable state only.

use std::{sync::Arc, time::Duration};

use dalsegno_engine::{
    Transition,
    event::{EventAttributes, WorkflowExecutionStarted},
    export::ExportedHistory,
    ids::{EventId, Namespace, RunId},
};
use dalsegno_store::{ListPage, RunRow};

use super::{Description, ErrorCode, HistoryPage, RunRef, Service, ServiceError, lookup};
use crate::owner;

/// How often a run that another host may own is looked at for new events.
const POLL_EVENTS: Duration = Duration::from_millis(500);

impl Service {
    /// Tells all there is of a run.
    ///
    /// # Errors
    /// As for every call.
    pub async fn describe(&self, run: &RunRef) -> Result<Description, ServiceError> {
        let row = self.resolve(run).await?;
        let attempts = self.store.activity_rows(&row.key.run_id).await?;
        let (_, state) = owner::read_state(&self.store, &row.key.run_id).await.map_err(lookup::load)?;
        let handle =
            self.owner().ok().and_then(|owner| owner.registry.get(&row.key.namespace, &row.key.workflow_id));
        let last_error =
            handle.filter(|handle| handle.key == row.key).and_then(|handle| handle.last_error.lock().clone());
        Ok(Description { row, state, attempts, last_error })
    }

    /// Reads events from `from` on, about `limit` of them: whole transitions.
    ///
    /// # Errors
    /// As for every call.
    pub async fn history(
        &self,
        run: &RunRef,
        from: EventId,
        limit: u32,
    ) -> Result<HistoryPage, ServiceError> {
        let row = self.resolve(run).await?;
        let closed = row.close_time.is_some();
        let rows = self.store.history(&row.key.run_id, from, limit.max(1)).await?;
        let decode = |data: &[u8]| Transition::decode(data);
        let transitions = rows.iter().map(|row| decode(&row.data)).collect::<Result<Vec<_>, _>>();
        let transitions = transitions.map_err(|error| internal(error.to_string()))?;
        let full = rows.len() == limit.max(1) as usize;
        let end = rows.last().map(|row| row.first_event_id + u64::from(row.events));
        let mut history = match ExportedHistory::new(transitions.clone()) {
            Ok(history) => history,
            Err(_) => self.continued(&row, transitions).await?,
        };
        history.namespace = Some(row.key.namespace);
        history.run_id = Some(row.key.run_id);
        Ok(HistoryPage { history, next: end.filter(|_| full), closed })
    }

    /// A page that does not begin at the start, with the header of the run.
    async fn continued(
        &self,
        row: &RunRow,
        transitions: Vec<Transition>,
    ) -> Result<ExportedHistory, ServiceError> {
        let first = self.read_first(&row.key.run_id).await?;
        let header = ExportedHistory::new(vec![first]).map_err(|error| internal(error.to_string()))?;
        Ok(header.with(transitions))
    }

    async fn read_first(&self, run: &RunId) -> Result<Transition, ServiceError> {
        let first = self.store.history(run, 1, 1).await?;
        let first = first.first().ok_or_else(|| internal("the run has no history".to_owned()))?;
        Transition::decode(&first.data).map_err(|error| internal(error.to_string()))
    }

    /// How a run began.
    pub(super) async fn read_start(
        &self,
        run: &RunId,
    ) -> Result<Arc<WorkflowExecutionStarted>, ServiceError> {
        match self.read_first(run).await?.inputs.into_iter().next() {
            Some(EventAttributes::WorkflowExecutionStarted(started)) => Ok(started),
            _ => Err(internal("the run has no start in its history".to_owned())),
        }
    }

    /// Waits until the run may have events after `after`, or is closed, or the time is up.
    pub async fn wait_for_events(&self, run: &RunId, after: EventId, wait: Duration) {
        let Ok(owner) = self.owner() else {
            return tokio::time::sleep(wait.min(POLL_EVENTS)).await;
        };
        let mut changed = owner.waiters.changed(run);
        let has_more = self.store.history(run, after + 1, 1).await.is_ok_and(|rows| !rows.is_empty());
        if !has_more {
            tokio::select! {
                _ = changed.told() => {}
                () = tokio::time::sleep(wait) => {}
                () = owner.stopped.cancelled() => {}
            }
        }
    }

    /// Lists runs, the newest first.
    ///
    /// # Errors
    /// As for every call.
    pub async fn list(&self, namespace: &Namespace, page: &ListPage) -> Result<Vec<RunRow>, ServiceError> {
        self.check_namespace(namespace).await?;
        Ok(self.store.list_runs(namespace, page).await?)
    }

    /// Counts runs.
    ///
    /// # Errors
    /// As for every call.
    pub async fn count(&self, namespace: &Namespace) -> Result<u64, ServiceError> {
        self.check_namespace(namespace).await?;
        Ok(self.store.count_runs(namespace).await?)
    }
}

fn internal(problem: String) -> ServiceError {
    ServiceError::new(ErrorCode::Internal, problem)
}
