use dalsegno_engine::{
    Failure,
    attempts::{ActivityRow, RowChange, RowState},
    failure::{FailureKind, TimeoutKind},
};

use crate::{
    builders::{attempts, key, run_id, start, stored, time},
    databases::{Database, on_every_database},
};

fn attempt(operation: u64, attempt: u32, state: RowState) -> ActivityRow {
    ActivityRow { operation, attempt, state, last_failure: None }
}

async fn attempts_come_back_as_they_were(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let cause = Failure::timeout(TimeoutKind::StartToClose, "late");
    let kind = FailureKind::Application {
        r#type: "Kind".to_owned(),
        non_retryable: true,
        details: vec![dalsegno_engine::Payload::json("[1, 2]")],
        next_retry_delay: None,
    };
    let failed = ActivityRow {
        last_failure: Some(Failure::new("zero\0byte", kind).caused_by(cause)),
        ..attempt(2, 7, RowState::Waiting(time(123)))
    };
    let rows = [attempt(1, 1, RowState::Granted), failed, attempt(9, 1, RowState::Waiting(time(0)))];
    let mut item = start(&key("a", 1));
    item.activities = rows.iter().cloned().map(RowChange::Put).collect();
    stored(store, &fence, 1, vec![item]).await;
    assert_eq!(store.activity_rows(&run_id(1)).await.unwrap(), rows);
    assert_eq!(store.activity_rows(&run_id(2)).await.unwrap(), []);
}

async fn attempts_are_replaced_and_deleted(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let put = |row: &ActivityRow| RowChange::Put(row.clone());
    let (first, second) = (attempt(1, 1, RowState::Granted), attempt(1, 2, RowState::Waiting(time(5))));
    let other = attempt(2, 1, RowState::Granted);
    stored(store, &fence, 1, vec![start(&run)]).await;
    stored(store, &fence, 2, vec![attempts(&run, vec![put(&first), put(&other)])]).await;
    stored(store, &fence, 3, vec![attempts(&run, vec![put(&second), RowChange::Delete(2)])]).await;
    assert_eq!(store.activity_rows(&run.run_id).await.unwrap(), [second]);
    // What is not there is deleted as well.
    stored(store, &fence, 4, vec![attempts(&run, vec![RowChange::Delete(1), RowChange::Delete(3)])]).await;
    assert_eq!(store.activity_rows(&run.run_id).await.unwrap(), []);
}

on_every_database!(attempts_come_back_as_they_were, attempts_are_replaced_and_deleted);
