use dalsegno_engine::{
    Status,
    ids::{Namespace, RunId, WorkflowId},
};
use dalsegno_store::{Batch, CommitError, Item, ItemOutcome, RunKey, SharedStore, UpdateRow};

use crate::{
    builders::{With, closed, commit, key, start, step, stored, update},
    databases::{Database, on_every_database},
};

fn deciding(item: Item, ids: &[&str]) -> Item {
    let updates = ids.iter().map(|id| update(&item.run, id)).collect();
    Item { updates, ..item }
}

async fn of(store: &SharedStore, run: &RunKey, id: &str) -> Option<UpdateRow> {
    store.update(&run.namespace, &run.workflow_id, id).await.unwrap()
}

async fn the_outcome_of_an_update_comes_back(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (a, b) = (key("a", 1), key("b", 2));
    stored(store, &fence, 1, vec![deciding(start(&a), &["one", "two \u{1f600}"]), start(&b)]).await;
    stored(store, &fence, 2, vec![deciding(Item::of(a.clone()), &["three"])]).await;
    for id in ["one", "two \u{1f600}", "three"] {
        assert_eq!(of(store, &a, id).await, Some(update(&a, id)));
        assert_eq!(of(store, &b, id).await, None);
    }
    assert_eq!(store.update(&Namespace::new("other"), &a.workflow_id, "one").await.unwrap(), None);
    assert_eq!(of(store, &a, "four").await, None);
}

async fn the_first_outcome_of_an_update_stays(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (first, second) = (key("a", 1), key("a", 2));
    let done = start(&first).with(closed(Status::Completed));
    stored(store, &fence, 1, vec![deciding(done, &["one"])]).await;
    stored(store, &fence, 2, vec![deciding(start(&second), &["one", "two", "two"])]).await;
    assert_eq!(of(store, &first, "one").await, Some(update(&first, "one")));
    assert_eq!(of(store, &first, "two").await, Some(update(&second, "two")));
}

async fn an_item_that_is_left_out_decides_nothing(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    stored(store, &fence, 1, vec![start(&run)]).await;
    let items = vec![
        deciding(step(&run, 9), &["one"]),
        deciding(Item::of(key("b", 2)), &["one"]),
        deciding(start(&key("a", 3)), &["one"]),
    ];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes[..2], [ItemOutcome::HistoryConflict, ItemOutcome::HistoryConflict]);
    assert_eq!(outcomes[2..], [ItemOutcome::WorkflowIdTaken]);
    assert_eq!((of(store, &run, "one").await, of(store, &key("b", 2), "one").await), (None, None));
}

async fn updates_that_no_table_can_hold_are_bad_data(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let mut unnamed = update(&run, "one");
    unnamed.run_id = RunId::new("run-1");
    let mut large = update(&run, "one");
    large.data = vec![0; (32 << 20) + 1].into();
    let long = update(&run, &"x".repeat(256));
    for bad in [unnamed, large, long, update(&run, ""), update(&run, "zero\0byte")] {
        let item = Item { updates: vec![bad], ..start(&run) };
        let refused = store.commit(&fence, &Batch { number: 1, items: vec![item] }).await;
        assert!(matches!(refused, Err(CommitError::BadData(_))), "{refused:?}");
    }
    assert_eq!(store.update(&run.namespace, &WorkflowId::new("a"), "one").await.unwrap(), None);
}

on_every_database!(
    the_outcome_of_an_update_comes_back,
    the_first_outcome_of_an_update_stays,
    an_item_that_is_left_out_decides_nothing,
    updates_that_no_table_can_hold_are_bad_data,
);
