use dalsegno_engine::{
    Status,
    attempts::{ActivityRow, RowChange, RowState},
    failure::Failure,
};
use dalsegno_store::{Batch, CommitError, ItemOutcome};

use crate::{
    builders::{With, attempts, closed, commit, key, namespace, open_until, row, start, step, stored, time},
    databases::{Database, on_every_database},
};

async fn two_hundred_items_are_stored_and_one_that_conflicts_is_not(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    stored(store, &fence, 1, (0..200).map(|n| start(&key(&format!("w{n}"), n))).collect()).await;
    let mut items: Vec<_> = (0..200).map(|n| step(&key(&format!("w{n}"), n), 3)).collect();
    items[77].history = vec![row(5)];
    let outcomes = commit(store, &fence, 2, items).await;
    for (n, outcome) in (0..200).zip(outcomes) {
        let lengths = store.history(&key("", n).run_id, 1, 10).await.unwrap().len();
        let expected = if n == 77 { (ItemOutcome::HistoryConflict, 1) } else { (ItemOutcome::Committed, 2) };
        assert_eq!((outcome, lengths), expected, "item {n}");
    }
}

async fn all_kinds_of_items_go_in_one_batch(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (a, b, c, d) = (key("a", 1), key("b", 2), key("c", 3), key("d", 4));
    stored(store, &fence, 1, vec![start(&a), start(&b), start(&c)]).await;
    let grant = RowChange::Put(ActivityRow {
        operation: 1,
        attempt: 1,
        state: RowState::Granted,
        last_failure: Some(Failure::application("Kind", "message")),
    });
    let items = vec![
        step(&a, 3),
        step(&b, 3).with(closed(Status::Completed)),
        attempts(&c, vec![grant.clone()]),
        start(&d),
    ];
    stored(store, &fence, 2, items).await;
    assert_eq!(store.history(&a.run_id, 1, 9).await.unwrap().len(), 2);
    assert_eq!(store.run(&b).await.unwrap().unwrap().status, Status::Completed);
    assert_eq!(store.activity_rows(&c.run_id).await.unwrap().len(), 1);
    assert_eq!(store.count_runs(&namespace()).await.unwrap(), 4);
}

async fn a_closed_run_makes_room_in_the_same_batch(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, new) = (key("a", 1), key("a", 2));
    stored(store, &fence, 1, vec![start(&old)]).await;
    // Even if the new one stands first.
    let items = vec![start(&new), step(&old, 3).with(closed(Status::Failed))];
    stored(store, &fence, 2, items).await;
    let newest = store.newest_run(&namespace(), &new.workflow_id).await.unwrap().unwrap();
    assert_eq!(newest.key, new);
}

async fn a_run_that_did_not_close_makes_no_room(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, new) = (key("a", 1), key("a", 2));
    stored(store, &fence, 1, vec![start(&old)]).await;
    let items = vec![step(&old, 7).with(closed(Status::Failed)), start(&new)];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict, ItemOutcome::WorkflowIdTaken]);
    assert_eq!(store.run(&old).await.unwrap().unwrap().status, Status::Running);
}

async fn a_run_may_begin_and_close_at_once(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let items = vec![start(&key("a", 1)).with(closed(Status::Completed)), start(&key("a", 2))];
    stored(store, &fence, 1, items).await;
}

async fn several_transitions_of_a_run_go_in_one_item(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let mut item = start(&run);
    item.history = vec![row(1), row(3), row(5)];
    stored(store, &fence, 1, vec![item.clone()]).await;
    assert_eq!(store.history(&run.run_id, 1, 10).await.unwrap(), item.history);
}

async fn bad_data_leaves_nothing_behind(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut bad = start(&key("b", 2)).with(closed(Status::Completed));
    bad.summary.as_mut().unwrap().close_time = None;
    for bad in [bad, start(&key("zero\0byte", 3)), start(&key("", 4)), start(&key(&"x".repeat(256), 5))] {
        let items = vec![start(&key("a", 1)), bad];
        let refused = store.commit(&fence, &Batch { number: 1, items }).await;
        assert!(matches!(refused, Err(CommitError::BadData(_))), "{refused:?}");
        assert_eq!(store.last_batch(&fence).await.unwrap().number, 0);
        assert_eq!(store.count_runs(&namespace()).await.unwrap(), 0);
    }
    stored(store, &fence, 1, vec![start(&key("a", 1))]).await;
}

async fn an_item_that_contradicts_itself_is_bad_data(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut gap = start(&key("a", 1));
    gap.history.push(row(5));
    let mut late = start(&key("a", 1));
    late.history = vec![row(3)];
    let mut unnamed = start(&key("a", 1));
    unnamed.run.run_id = dalsegno_engine::ids::RunId::new("run-1");
    let mut zero = step(&key("a", 1), 1);
    zero.history[0].first_event_id = 0;
    let mut huge = step(&key("a", 1), 1);
    huge.history[0].first_event_id = u64::MAX - 5;
    for bad in [gap, late, unnamed, zero, huge] {
        let refused = store.commit(&fence, &Batch { number: 1, items: vec![bad] }).await;
        assert!(matches!(refused, Err(CommitError::BadData(_))), "{refused:?}");
    }
}

async fn batches_of_any_size_are_stored_whole(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut first = 0;
    for (number, size) in (1..).zip([1, 2, 3, 7, 64, 255, 256, 257, 600]) {
        let runs = first..first + size;
        first += size;
        let items = runs.map(|n| start(&key(&format!("w{n}"), n)).with(open_until(Some(7)))).collect();
        stored(store, &fence, number, items).await;
        assert_eq!(store.count_runs(&namespace()).await.unwrap(), u64::from(first));
    }
    assert_eq!(store.due_runs(time(7), None, 10_000).await.unwrap().len(), first as usize);
}

on_every_database!(
    two_hundred_items_are_stored_and_one_that_conflicts_is_not,
    all_kinds_of_items_go_in_one_batch,
    a_closed_run_makes_room_in_the_same_batch,
    a_run_that_did_not_close_makes_no_room,
    a_run_may_begin_and_close_at_once,
    several_transitions_of_a_run_go_in_one_item,
    bad_data_leaves_nothing_behind,
    an_item_that_contradicts_itself_is_bad_data,
    batches_of_any_size_are_stored_whole,
);
