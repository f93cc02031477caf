//! Bringing runs from the store into memory.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use dalsegno_engine::{
    Millis, Run, State, Transition,
    guest::RunInfo,
    ids::{EventId, Namespace, RunId, WorkflowId},
    run::Summary,
    trouble::Blocked,
};
use dalsegno_sandbox::Module;
use dalsegno_store::{HistoryRow, RunKey, RunRow, SharedStore, StoreError};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    Owner,
    handle::{Live, RunHandle},
    message::Message,
};
use crate::modules::ModuleError;

/// Transitions read at a time.
const HISTORY_PAGE: u32 = 1_000;
/// Wait before reading again what could not be read.
pub(super) const RETRY: Duration = Duration::from_millis(500);
/// Wait before a run is tried again that cannot be brought into memory.
const LEFT_ALONE: Millis = Millis::from_secs(300);
/// Runs that are brought into memory at a time because they are due.
pub(super) const LOADS_MAX: usize = 32;

/// Why a run cannot be brought into memory.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Damaged(String),
    #[error(transparent)]
    Module(#[from] ModuleError),
}

impl LoadError {
    /// Whether trying again soon may help.
    pub(super) fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(StoreError::Unavailable(_)) | Self::Module(ModuleError::Unavailable(_)))
    }
}

impl Owner {
    /// Lets nobody else start or load a workflow of this id meanwhile. The store knows all that its run has done, if
    /// that is not in memory.
    pub(crate) async fn alone(&self, namespace: &Namespace, id: &WorkflowId) -> MutexGuard<'_, ()> {
        loop {
            let alone = self.stripe(namespace, id).lock().await;
            let Some(gone) = self.registry.leaving(namespace, id) else { return alone };
            drop(alone);
            tokio::select! {
                () = gone.cancelled() => {}
                () = self.stopped.cancelled() => return self.stripe(namespace, id).lock().await,
            }
        }
    }

    fn stripe(&self, namespace: &Namespace, id: &WorkflowId) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        (namespace, id).hash(&mut hasher);
        let stripe = usize::try_from(hasher.finish() % self.stripes.len() as u64).unwrap_or(0);
        &self.stripes[stripe]
    }

    /// The open run of a workflow id, in memory. `None`: there is none.
    pub(crate) async fn find_open(
        self: &Arc<Self>,
        namespace: &Namespace,
        id: &WorkflowId,
    ) -> Result<Option<Arc<RunHandle>>, LoadError> {
        if let Some(handle) = self.registry.get(namespace, id) {
            return Ok(Some(handle));
        }
        let mut module: Option<Module> = None;
        loop {
            let alone = self.alone(namespace, id).await;
            if let Some(handle) = self.registry.get(namespace, id) {
                return Ok(Some(handle));
            }
            let Some(row) = self.newest_open(namespace, id).await? else { return Ok(None) };
            match module
                .filter(|module| *module.digest() == row.module)
                .or_else(|| self.modules.loaded(&row.module))
            {
                Some(module) => return self.take_over(row, module).await.map(Some),
                // Others who need to be alone do not wait for a compiler meanwhile.
                None => {
                    drop(alone);
                    module = Some(self.modules.load(&row.module).await?);
                }
            }
        }
    }

    /// As [`Owner::find_open`], for a caller that is alone with the workflow id.
    pub(crate) async fn find_open_alone(
        self: &Arc<Self>,
        namespace: &Namespace,
        id: &WorkflowId,
    ) -> Result<Option<Arc<RunHandle>>, LoadError> {
        if let Some(handle) = self.registry.get(namespace, id) {
            return Ok(Some(handle));
        }
        let Some(row) = self.newest_open(namespace, id).await? else { return Ok(None) };
        let module = self.modules.load(&row.module).await?;
        self.take_over(row, module).await.map(Some)
    }

    async fn newest_open(
        &self,
        namespace: &Namespace,
        id: &WorkflowId,
    ) -> Result<Option<RunRow>, StoreError> {
        let newest = self.store.newest_run(namespace, id).await?;
        Ok(newest.filter(|row| row.close_time.is_none()))
    }

    /// Takes a run over from the store, blocked for this reason, before anybody else can.
    pub(super) async fn load_blocked(self: &Arc<Self>, run: &RunKey, reason: String) {
        let blocked = Blocked { reason, since: self.clock.now() };
        let _alone = self.stripe(&run.namespace, &run.workflow_id).lock().await;
        while self.registry.get(&run.namespace, &run.workflow_id).is_none() {
            let loaded = match self.store.run(run).await {
                Ok(Some(row)) if row.close_time.is_none() => self.load_as(row, blocked.clone()).await,
                Ok(_) => return,
                Err(error) => Err(error.into()),
            };
            match loaded {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(run_id = %run.run_id, %error, "a run could not be blocked; trying again");
                }
            }
            if !self.wait(RETRY).await {
                return;
            }
        }
    }

    async fn load_as(self: &Arc<Self>, row: RunRow, blocked: Blocked) -> Result<(), LoadError> {
        let module = self.modules.load(&row.module).await?;
        self.load(row, module, Some(blocked)).await.map(drop)
    }

    async fn take_over(self: &Arc<Self>, row: RunRow, module: Module) -> Result<Arc<RunHandle>, LoadError> {
        let blocked = row.blocked.clone();
        self.load(row, module, blocked).await
    }

    /// Takes a run over from the store. The caller is alone with it.
    async fn load(
        self: &Arc<Self>,
        row: RunRow,
        module: Module,
        blocked: Option<Blocked>,
    ) -> Result<Arc<RunHandle>, LoadError> {
        let (transitions, state) = read_state(&self.store, &row.key.run_id).await?;
        drop(transitions);
        let attempts = self.store.activity_rows(&row.key.run_id).await?;
        let Some(started) = state.started.clone() else {
            return Err(LoadError::Damaged(format!("run {} has no start in its history", row.key.run_id)));
        };
        let info = RunInfo {
            namespace: row.key.namespace.clone(),
            run_id: row.key.run_id.clone(),
            start_time: state.start_time,
            started,
        };
        let summary = Summary {
            status: row.status,
            close_time: row.close_time,
            wake_at: row.wake_at,
            blocked: row.blocked,
        };
        let run = Run::take_over(state, attempts, blocked, self.clock.now());
        let live = Live::new(run, None, Some(summary));
        let handle = Arc::new(RunHandle::new(row.key, module, info, live));
        self.registry.insert(handle.clone());
        self.send(&handle, Message::Wake);
        Ok(handle)
    }

    /// Wakes a run that is not in memory, however long the store takes to answer.
    pub(super) async fn wake_stored(self: &Arc<Self>, run: &RunKey) {
        // Clients do not queue behind a great many runs that are due at once.
        let Ok(_place) = self.loads.acquire().await else { return };
        while !self.stopped.is_cancelled() {
            match self.find_open(&run.namespace, &run.workflow_id).await {
                Ok(Some(handle)) if handle.key == *run && !self.send(&handle, Message::Wake) => {}
                Ok(_) => return,
                Err(error) if error.is_unavailable() => {
                    tracing::warn!(run_id = %run.run_id, %error, "a run that is due could not be read; trying again");
                    self.wait(RETRY).await;
                }
                Err(error) => {
                    tracing::error!(workflow_id = %run.workflow_id, run_id = %run.run_id, %error,
                        "a run that is due cannot be brought into memory; it is left alone for a while");
                    return self.wakes.arm_stored(run.clone(), self.clock.now().plus(LEFT_ALONE));
                }
            }
        }
    }

    /// Reads the stored history for a new guest, and sends it to the run.
    pub(super) fn load_history(self: &Arc<Self>, handle: Arc<RunHandle>) {
        let owner = self.clone();
        self.work().spawn(async move {
            if !owner.all_decided(&handle).await {
                return;
            }
            while !handle.is_retired() {
                match read_history(&owner.store, &handle.key.run_id).await {
                    Ok(rows) => {
                        owner.send(&handle, Message::History(rows));
                        return;
                    }
                    Err(error) => {
                        tracing::warn!(run_id = %handle.key.run_id, %error, "a history could not be read; trying again");
                    }
                }
                if !owner.wait(RETRY).await {
                    return;
                }
            }
        });
    }

    /// Waits. False: the owner has stopped.
    pub(super) async fn wait(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.stopped.cancelled() => false,
        }
    }
}

/// A whole stored history.
pub(crate) async fn read_history(store: &SharedStore, run: &RunId) -> Result<Vec<HistoryRow>, StoreError> {
    let mut rows: Vec<HistoryRow> = Vec::new();
    let mut from: EventId = 1;
    loop {
        let page = store.history(run, from, HISTORY_PAGE).await?;
        let full = page.len() == HISTORY_PAGE as usize;
        rows.extend(page);
        match rows.last() {
            Some(last) if full => from = last.first_event_id + u64::from(last.events),
            _ => return Ok(rows),
        }
    }
}

/// A whole stored history, and the state it tells.
pub(crate) async fn read_state(
    store: &SharedStore,
    run: &RunId,
) -> Result<(Vec<Transition>, State), LoadError> {
    let rows = read_history(store, run).await?;
    let damaged = |problem: String| LoadError::Damaged(format!("the history of run {run}: {problem}"));
    let transitions = rows.iter().map(|row| Transition::decode(&row.data)).collect::<Result<Vec<_>, _>>();
    let transitions = transitions.map_err(|error| damaged(error.to_string()))?;
    let sizes = rows.iter().map(|row| row.data.len());
    let state = State::fold(transitions.iter().zip(sizes)).map_err(|error| damaged(error.to_string()))?;
    Ok((transitions, state))
}
