//! Commits: the steps of the function that Postgres has, within one transaction.
//!
//! All rows of a batch go together first. If one of them conflicts, which is rare, the transaction is rolled back
//! and the batch stored item by item, so that each item has an outcome of its own.

use sqlx::SqliteConnection;

use super::{
    error::{Conflict, commit_error, conflict, store_error},
    statements::{
        Binder, CHANGE_RUNS, DELETE_ACTIVITIES, DESCRIBE_RUNS, INSERT_HISTORY, INSERT_RUNS,
        OPEN_PREDECESSORS, PRESENT, PUT_ACTIVITIES, PUT_UPDATES, SEND_MESSAGES, TAKE_MESSAGES,
    },
    writer::Writer,
};
use crate::{
    CommitError, Fence, ItemOutcome, LastBatch,
    attributes::Columns,
    changes::{Before, Changes, Described, MessageKey, New, Predecessor, Standing},
    convert::{self, Reader},
};

const FENCE: &str = include_str!("../../queries/sqlite/fence.sql");
const LAST_BATCH: &str = include_str!("../../queries/sqlite/last_batch.sql");
const LEAVE_OUT: &str = include_str!("../../queries/sqlite/leave_out.sql");

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

pub(super) async fn last_batch(writer: &Writer, fence: &Fence) -> Result<LastBatch, CommitError> {
    let fence = fence.clone();
    writer.run(move |connection| Box::pin(async move { stored_batch(connection, &fence).await })).await
}

async fn stored_batch(connection: &mut SqliteConnection, fence: &Fence) -> Result<LastBatch, CommitError> {
    let query = sqlx::query(LAST_BATCH).bind(fence.host_id.clone()).bind(fence.epoch);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    Ok(Reader::new(&row.ok_or(CommitError::FenceLost)?).last_batch()?)
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
        Ok(()) => Vec::new(),
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
    let last = stored_batch(connection, fence).await?.number;
    Err(CommitError::Unavailable(format!("batch {number} does not follow {last}, which is the last one")))
}

/// Item by item, those that may close a run before those that begin one. Keeps the outcomes if any is left out.
async fn each(
    connection: &mut SqliteConnection,
    fence: &Fence,
    changes: &Changes,
) -> Result<Vec<ItemOutcome>, CommitError> {
    let mut outcomes = vec![ItemOutcome::Committed; changes.items];
    let mut tried = vec![false; changes.items];
    let before = changes.before.iter().map(|row| row.item);
    for item in before.chain(changes.new.iter().map(|row| row.item)) {
        if std::mem::replace(&mut tried[item], true) {
            continue;
        }
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
    if outcomes.iter().any(|outcome| *outcome != ItemOutcome::Committed) {
        let digits = convert::outcome_digits(&outcomes);
        let query = sqlx::query(LEAVE_OUT).bind(fence.host_id.clone()).bind(digits);
        query.execute(connection).await.map_err(commit_error)?;
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

/// Stores rows: the messages, what closes, then what begins, then the histories, then the attempts.
async fn apply(connection: &mut SqliteConnection, fence: &Fence, changes: &Changes) -> Result<(), Refused> {
    apply_messages(connection, changes).await?;
    apply_successions(connection, changes).await?;
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
    PUT_UPDATES
        .execute(connection, &changes.decided, |row, binder| {
            binder.add(row.namespace.as_str()).add(row.workflow_id.as_str()).add(row.update_id.as_str());
            binder.add(row.run).add(row.data.as_ref());
        })
        .await?;
    Ok(())
}

async fn apply_messages(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), Refused> {
    let taken = TAKE_MESSAGES
        .execute(connection, &changes.taken, |row, binder| bind_message_key(&row.id, binder))
        .await?;
    all_there(taken, changes.taken.len())?;
    SEND_MESSAGES
        .execute(connection, &changes.sent, |row, binder| {
            bind_message_key(&row.id, binder);
            binder.add(row.shard).add(row.namespace.as_str()).add(row.workflow_id.as_str());
            binder.add(row.run).add(row.data.as_ref());
        })
        .await?;
    Ok(())
}

fn bind_message_key(id: &MessageKey, binder: &mut Binder) {
    binder.add(id.sender).add(id.event).add(id.kind);
}

/// A run that goes on and has a successor is open: it has the workflow id that its successor gets.
async fn apply_successions(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), Refused> {
    let predecessor = |row: &New| match row.after {
        Some(Predecessor::GoingOn(run)) => Some((run, row.namespace.clone(), row.workflow_id.clone())),
        _ => None,
    };
    let successors: Vec<_> = changes.new.iter().filter_map(predecessor).collect();
    let open = OPEN_PREDECESSORS
        .count(connection, &successors, |(run, namespace, workflow_id), binder| {
            binder.add(*run).add(namespace.as_str()).add(workflow_id.as_str());
        })
        .await?;
    all_there(open.unsigned_abs(), successors.len())
}

async fn apply_runs(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), Refused> {
    let alone = &changes.alone;
    let bind = |row: &Before, binder: &mut Binder| {
        binder.add(row.run);
    };
    let present = PRESENT.count(connection, alone, bind).await?;
    all_there(present.unsigned_abs(), alone.len())?;
    let bind = |row: &Described, binder: &mut Binder| {
        binder.add(row.run);
        bind_attributes(&row.attributes, binder);
    };
    let described = DESCRIBE_RUNS.execute(connection, &changes.described, bind).await?;
    all_there(described, changes.described.len())?;
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
            bind_attributes(&row.attributes, binder);
        })
        .await?;
    Ok(())
}

fn bind_attributes(attributes: &Columns, binder: &mut Binder) {
    binder.add(attributes.memo.as_deref()).add(attributes.search_attributes.as_deref());
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
