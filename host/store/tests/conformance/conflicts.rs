use dalsegno_engine::{
    Status,
    attempts::{ActivityRow, RowChange, RowState},
};
use dalsegno_store::{Item, ItemOutcome};

use crate::{
    builders::{With, attempts, closed, commit, key, open_until, row, rows, start, step, stored},
    databases::{Database, on_every_database},
};

async fn a_workflow_id_has_one_open_run(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let outcomes = commit(store, &fence, 1, vec![start(&key("a", 1)), start(&key("a", 2))]).await;
    assert_eq!(outcomes, [ItemOutcome::Committed, ItemOutcome::WorkflowIdTaken]);
    let outcomes = commit(store, &fence, 2, vec![start(&key("a", 3)), start(&key("b", 4))]).await;
    assert_eq!(outcomes, [ItemOutcome::WorkflowIdTaken, ItemOutcome::Committed]);
    assert_eq!(store.run(&key("a", 3)).await.unwrap(), None);
    assert_eq!(store.history(&key("a", 3).run_id, 1, 9).await.unwrap(), []);
}

async fn workflow_ids_of_other_namespaces_do_not_matter(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut other = start(&key("a", 2));
    other.run.namespace = dalsegno_engine::ids::Namespace::new("other");
    stored(store, &fence, 1, vec![start(&key("a", 1)), other]).await;
}

async fn a_run_begins_once(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    stored(store, &fence, 1, vec![start(&key("a", 1)).with(closed(Status::Completed))]).await;
    // Once with its workflow id free, once taken.
    for (number, id) in [(2, "a"), (3, "b")] {
        let again = Item { run: key(id, 1), ..start(&key("a", 1)) };
        let outcomes = commit(store, &fence, number, vec![again, start(&key("b", number as u32))]).await;
        assert_eq!(outcomes[0], ItemOutcome::HistoryConflict);
    }
    assert_eq!(store.history(&key("a", 1).run_id, 1, 9).await.unwrap().len(), 1);
}

async fn a_history_has_no_gap_and_no_fork(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    stored(store, &fence, 1, vec![start(&run)]).await;
    for (number, first) in (2..).zip([1, 2, 4, 5]) {
        let outcomes = commit(store, &fence, number, vec![step(&run, first)]).await;
        assert_eq!(outcomes, [ItemOutcome::HistoryConflict], "event {first}");
    }
    stored(store, &fence, 6, vec![step(&run, 3)]).await;
}

async fn a_run_that_is_not_there_does_not_go_on(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let missing = key("a", 1);
    let put = RowChange::Put(ActivityRow {
        operation: 1,
        attempt: 1,
        state: RowState::Granted,
        last_failure: None,
    });
    let items = [
        step(&missing, 1),
        step(&missing, 3),
        Item { history: vec![], ..step(&missing, 1).with(open_until(None)) },
        attempts(&missing, vec![put]),
        attempts(&missing, vec![RowChange::Delete(1)]),
    ];
    for (number, item) in (1..).zip(items) {
        let outcomes = commit(store, &fence, number, vec![item]).await;
        assert_eq!(outcomes, [ItemOutcome::HistoryConflict]);
    }
    assert_eq!(store.history(&missing.run_id, 1, 9).await.unwrap(), []);
    assert_eq!(store.activity_rows(&missing.run_id).await.unwrap(), []);
}

async fn a_closed_run_stays_as_it_is(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    stored(store, &fence, 1, vec![start(&run).with(closed(Status::Completed))]).await;
    for (number, summary) in [(2, open_until(None)), (3, closed(Status::Failed))] {
        let outcomes = commit(store, &fence, number, vec![step(&run, 3).with(summary)]).await;
        assert_eq!(outcomes, [ItemOutcome::HistoryConflict]);
    }
    assert_eq!(store.run(&run).await.unwrap().unwrap().status, Status::Completed);
    assert_eq!(store.history(&run.run_id, 1, 9).await.unwrap().len(), 1);
}

/// Its inputs were stored before it, and it asked for nothing.
async fn an_activation_without_events_has_a_row(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    stored(store, &fence, 1, vec![start(&run)]).await;
    let silent = |activation| {
        let mut item = step(&run, 3);
        item.history = vec![dalsegno_store::HistoryRow { activation, ..rows(3, 0) }];
        item
    };
    stored(store, &fence, 2, vec![silent(5)]).await;
    let outcomes = commit(store, &fence, 3, vec![silent(5)]).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict], "the same one again");
    let mut next = step(&run, 3);
    next.history = vec![dalsegno_store::HistoryRow { activation: 6, ..row(3) }];
    stored(store, &fence, 4, vec![next]).await;
    let stored = store.history(&run.run_id, 1, 9).await.unwrap();
    assert_eq!(stored.iter().map(|row| row.activation).collect::<Vec<_>>(), [1, 5, 6]);
}

on_every_database!(
    a_workflow_id_has_one_open_run,
    workflow_ids_of_other_namespaces_do_not_matter,
    a_run_begins_once,
    a_history_has_no_gap_and_no_fork,
    a_run_that_is_not_there_does_not_go_on,
    a_closed_run_stays_as_it_is,
    an_activation_without_events_has_a_row,
);
