//! Reading runs and histories.
//!
//! What cannot be an id of ours names nothing, so it is absent, and not an error.

use dalsegno_engine::{
    Timestamp,
    attempts::ActivityRow,
    ids::{EventId, Namespace, RequestId, RunId, WorkflowId, WorkflowType},
    trouble::Blocked,
};
use uuid::Uuid;

use crate::{
    HistoryRow, ListPage, RunKey, RunRow, StoreError, WakeCursor,
    convert::{self, Reader, micros},
    dialect::Backend,
    values::{Cells, Value},
};

pub(crate) async fn newest_run<B: Backend>(
    backend: &B,
    namespace: &Namespace,
    id: &WorkflowId,
) -> Result<Option<RunRow>, StoreError> {
    let values = [namespace.as_str().into(), id.as_str().into()];
    let rows = backend.read(B::QUERIES.newest_run, &values).await?;
    rows.first().map(run_row).transpose()
}

pub(crate) async fn run<B: Backend>(backend: &B, key: &RunKey) -> Result<Option<RunRow>, StoreError> {
    let Some(run) = convert::run_uuid(&key.run_id) else { return Ok(None) };
    let rows = backend.read(B::QUERIES.run, &[run.into()]).await?;
    let row = rows.first().map(run_row).transpose()?;
    // One run is not to be found under the name of another workflow.
    Ok(row.filter(|row| row.key == *key))
}

/// A row without events has the place of the row after it, and goes on the page of the row before it; else the next
/// page, which begins at that place, would have it again. No two such rows follow each other.
pub(crate) async fn history<B: Backend>(
    backend: &B,
    run: &RunId,
    from: EventId,
    limit: u32,
) -> Result<Vec<HistoryRow>, StoreError> {
    let Some(run) = convert::run_uuid(run) else { return Ok(Vec::new()) };
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let values = [run.into(), from.into(), i64::from(limit).into()];
    let rows = backend.read(B::QUERIES.history, &values).await?;
    let mut page = rows.iter().map(history_row).collect::<Result<Vec<_>, _>>()?;
    if page.len() > limit as usize && page.last().is_some_and(|row| row.events > 0) {
        page.pop();
    }
    Ok(page)
}

pub(crate) async fn activity_rows<B: Backend>(
    backend: &B,
    run: &RunId,
) -> Result<Vec<ActivityRow>, StoreError> {
    let Some(run) = convert::run_uuid(run) else { return Ok(Vec::new()) };
    let rows = backend.read(B::QUERIES.activity_rows, &[run.into()]).await?;
    rows.iter().map(|row| Reader::new(row).activity_row()).collect()
}

pub(crate) async fn due_runs<B: Backend>(
    backend: &B,
    until: Timestamp,
    after: Option<&WakeCursor>,
    limit: u32,
) -> Result<Vec<RunRow>, StoreError> {
    // No wake-up time is before the epoch.
    let (after_time, after_run) = match after {
        Some(WakeCursor { wake_at, run_id }) => (micros(*wake_at), cursor_run(run_id)?),
        None => (-1, Uuid::nil()),
    };
    let values = [micros(until).into(), after_time.into(), after_run.into(), i64::from(limit).into()];
    let rows = backend.read(B::QUERIES.due_runs, &values).await?;
    rows.iter().map(run_row).collect()
}

pub(crate) async fn list_runs<B: Backend>(
    backend: &B,
    namespace: &Namespace,
    page: &ListPage,
) -> Result<Vec<RunRow>, StoreError> {
    let (after_time, after_run) = match &page.after {
        Some((start_time, run)) => (micros(*start_time), cursor_run(run)?),
        None => (i64::MAX, Uuid::max()),
    };
    let status = page.status.map(|status| i64::from(convert::status_code(status)));
    let mut values: Vec<Value<'_>> = vec![
        namespace.as_str().into(),
        after_time.into(),
        after_run.into(),
        status.into(),
        page.workflow_type.as_ref().map(WorkflowType::as_str).into(),
        i64::from(page.limit).into(),
    ];
    let sql = match &page.workflow_id {
        Some(id) => {
            values.push(id.as_str().into());
            values.push(i64::from(page.blocked).into());
            B::QUERIES.list_runs_of_id
        }
        None if page.blocked => B::QUERIES.list_blocked_runs,
        None => B::QUERIES.list_runs,
    };
    let rows = backend.read(sql, &values).await?;
    rows.iter().map(run_row).collect()
}

pub(crate) async fn count_runs<B: Backend>(backend: &B, namespace: &Namespace) -> Result<u64, StoreError> {
    count(&backend.read(B::QUERIES.count_runs, &[namespace.as_str().into()]).await?)
}

pub(crate) async fn count_blocked_runs<B: Backend>(backend: &B) -> Result<u64, StoreError> {
    count(&backend.read(B::QUERIES.count_blocked_runs, &[]).await?)
}

fn count<R: Cells>(rows: &[R]) -> Result<u64, StoreError> {
    let row = rows.first().ok_or_else(|| StoreError::Damaged("a count has no row".to_owned()))?;
    Reader::new(row).number()
}

pub(crate) fn cursor_run(run: &RunId) -> Result<Uuid, StoreError> {
    convert::run_uuid(run).ok_or_else(|| StoreError::Damaged(format!("{run} is no id of a run")))
}

fn run_row<R: Cells>(row: &R) -> Result<RunRow, StoreError> {
    let mut row = Reader::new(row);
    let run_id = row.run_id()?;
    Ok(RunRow {
        key: RunKey {
            run_id,
            namespace: Namespace::new(row.text()?),
            workflow_id: WorkflowId::new(row.text()?),
        },
        workflow_type: WorkflowType::new(row.text()?),
        module: row.digest()?,
        status: row.status()?,
        start_time: row.time()?,
        close_time: row.maybe_time()?,
        wake_at: row.maybe_time()?,
        blocked: blocked(row.maybe_time()?, row.maybe_text()?),
        request_id: row.maybe_text()?.map(RequestId::new),
        attributes: row.attributes()?,
    })
}

fn blocked(since: Option<Timestamp>, reason: Option<String>) -> Option<Blocked> {
    Some(Blocked { since: since?, reason: reason? })
}

fn history_row<R: Cells>(row: &R) -> Result<HistoryRow, StoreError> {
    let mut row = Reader::new(row);
    Ok(HistoryRow {
        first_event_id: row.number()?,
        events: row.number()?,
        activation: row.number()?,
        activated: row.int()? != 0,
        time: row.time()?,
        data: row.bytes()?.into(),
    })
}
