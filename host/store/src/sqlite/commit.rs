//! Commits: the steps of the function that Postgres has, within one transaction.
//!
//! All rows of a batch go together first. If one of them conflicts, which is rare, the transaction is rolled back
//! and the batch stored item by item, so that each item has an outcome of its own.

use sqlx::{Row as _, SqliteConnection};

use super::{
    error::{Conflict, commit_error, conflict, store_error},
    statements::{
        Binder, CHANGE_RUNS, DELETE_ACTIVITIES, INSERT_HISTORY, INSERT_RUNS, PRESENT, PUT_ACTIVITIES,
    },
    writer::Writer,
};
use crate::{
    CommitError, Fence, ItemOutcome,
    changes::{Before, Changes, New, Standing},
};

const FENCE: &str = include_str!("../../queries/sqlite/fence.sql");
const LAST_BATCH: &str = include_str!("../../queries/sqlite/last_batch.sql");

/// Why rows are not stored.
enum Refused {
    Conflict(Conflict),
    Failed(CommitError),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        conflict(&error).map_or_else(|| Self::Failed(commit_error(error)), Self::Conflict)
    }
}

pub(super) async fn last_batch(writer: &Writer, fence: &Fence) -> Result<u64, CommitError> {
    let fence = fence.clone();
    let number =
        writer.run(move |connection| Box::pin(async move { stored_batch(connection, &fence).await })).await?;
    Ok(u64::try_from(number).unwrap_or(0))
}

async fn stored_batch(connection: &mut SqliteConnection, fence: &Fence) -> Result<i64, CommitError> {
    let query = sqlx::query(LAST_BATCH).bind(fence.host_id.clone()).bind(fence.epoch);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    row.ok_or(CommitError::FenceLost)?.try_get(0).map_err(|error| store_error(error).into())
}

pub(super) async fn commit(
    writer: &Writer,
    fence: &Fence,
    number: u64,
    changes: Changes,
) -> Result<Vec<ItemOutcome>, CommitError> {
    let number = i64::try_from(number).map_err(|_| CommitError::BadData("batch number".to_owned()))?;
    let fence = fence.clone();
    writer
        .run(move |connection| {
            Box::pin(async move {
                let result = all_or_each(connection, &fence, number, &changes).await;
                if result.is_err() {
                    // Fails if SQLite rolled back itself, which is what is wanted.
                    let _ = execute(connection, "ROLLBACK").await;
                }
                result
            })
        })
        .await
}

async fn all_or_each(
    connection: &mut SqliteConnection,
    fence: &Fence,
    number: i64,
    changes: &Changes,
) -> Result<Vec<ItemOutcome>, CommitError> {
    begin(connection, fence, number).await?;
    let outcomes = match apply(connection, fence, changes).await {
        Ok(()) => vec![ItemOutcome::Committed; changes.items],
        Err(Refused::Failed(error)) => return Err(error),
        Err(Refused::Conflict(_)) => {
            execute(connection, "ROLLBACK").await?;
            begin(connection, fence, number).await?;
            each(connection, fence, changes).await?
        }
    };
    execute(connection, "COMMIT").await?;
    Ok(outcomes)
}

/// Begins the transaction, if the fence holds and the batch is the next one.
async fn begin(connection: &mut SqliteConnection, fence: &Fence, number: i64) -> Result<(), CommitError> {
    let query = sqlx::query(FENCE).bind(fence.host_id.clone()).bind(fence.epoch).bind(number);
    let held = query.fetch_all(&mut *connection).await.map_err(commit_error)?;
    if !held.is_empty() {
        return Ok(());
    }
    let last = stored_batch(connection, fence).await?;
    Err(CommitError::Unavailable(format!("batch {number} does not follow {last}, which is the last one")))
}

/// Item by item, those that may close a run before those that begin one.
async fn each(
    connection: &mut SqliteConnection,
    fence: &Fence,
    changes: &Changes,
) -> Result<Vec<ItemOutcome>, CommitError> {
    let mut outcomes = vec![ItemOutcome::Committed; changes.items];
    let before = changes.before.iter().map(|row| row.item);
    for item in before.chain(changes.new.iter().map(|row| row.item)) {
        let rows = changes.only(item);
        execute(connection, "SAVEPOINT item").await?;
        outcomes[item] = match apply(connection, fence, &rows).await {
            Ok(()) => ItemOutcome::Committed,
            Err(Refused::Failed(error)) => return Err(error),
            Err(Refused::Conflict(conflict)) => {
                execute(connection, "ROLLBACK TO item").await?;
                explain(connection, conflict, &rows).await?
            }
        };
        execute(connection, "RELEASE item").await?;
    }
    Ok(outcomes)
}

/// A run that is there already is no new run, whoever has its workflow id.
async fn explain(
    connection: &mut SqliteConnection,
    conflict: Conflict,
    rows: &Changes,
) -> Result<ItemOutcome, CommitError> {
    if conflict == Conflict::Other {
        return Ok(ItemOutcome::HistoryConflict);
    }
    let bind = |row: &New, binder: &mut Binder| {
        binder.add(row.run);
    };
    let known = PRESENT.count(connection, &rows.new, bind).await.map_err(commit_error)?;
    Ok(if known > 0 { ItemOutcome::HistoryConflict } else { ItemOutcome::WorkflowIdTaken })
}

/// Stores rows: what closes, then what begins, then the histories, then the attempts.
async fn apply(connection: &mut SqliteConnection, fence: &Fence, changes: &Changes) -> Result<(), Refused> {
    apply_runs(connection, changes).await?;
    INSERT_HISTORY
        .execute(connection, &changes.history, |row, binder| {
            binder.add(row.run).add(row.first).add(row.events).add(fence.epoch).add(row.activation);
            binder.add(row.time).add(row.activated).add(row.data.as_ref());
        })
        .await?;
    PUT_ACTIVITIES
        .execute(connection, &changes.puts, |row, binder| {
            binder.add(row.run).add(row.operation).add(row.attempt).add(row.due);
            binder.add(row.last_failure.as_deref());
        })
        .await?;
    DELETE_ACTIVITIES
        .execute(connection, &changes.deletes, |row, binder| {
            binder.add(row.run).add(row.operation);
        })
        .await?;
    Ok(())
}

async fn apply_runs(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), Refused> {
    let alone = &changes.alone;
    let bind = |row: &Before, binder: &mut Binder| {
        binder.add(row.run);
    };
    let present = PRESENT.count(connection, alone, bind).await?;
    all_there(present.unsigned_abs(), alone.len())?;
    let changed = CHANGE_RUNS
        .execute(connection, &changes.changed, |row, binder| {
            binder.add(row.run);
            bind_standing(&row.standing, binder);
        })
        .await?;
    all_there(changed, changes.changed.len())?;
    INSERT_RUNS
        .execute(connection, &changes.new, |row, binder| {
            binder.add(row.run).add(row.namespace.as_str()).add(row.workflow_id.as_str()).add(row.shard);
            binder.add(row.workflow_type.as_str()).add(row.module.as_slice()).add(row.start_time);
            binder.add(row.request_id.as_ref().map(|id| id.as_str()));
            bind_standing(&row.standing, binder);
        })
        .await?;
    Ok(())
}

fn bind_standing(standing: &Standing, binder: &mut Binder) {
    binder.add(standing.status).add(standing.close_time).add(standing.wake_at).add(standing.blocked_since);
    binder.add(standing.blocked_reason.as_deref());
}

/// A run that is missing, or closed and to be changed, is a conflict.
fn all_there(found: u64, expected: usize) -> Result<(), Refused> {
    if found == expected as u64 { Ok(()) } else { Err(Refused::Conflict(Conflict::Other)) }
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), CommitError> {
    sqlx::query(sql).execute(connection).await.map(drop).map_err(commit_error)
}
