use std::collections::BTreeMap;

use dalsegno_engine::{Payload, Status};
use dalsegno_store::{Attributes, Batch, CommitError, Item, ItemOutcome, RunKey, SharedStore};

use crate::{
    builders::{With, attributes, closed, commit, key, start, step, stored, typed},
    databases::{Database, on_every_database},
};

fn said(item: Item, attributes: Attributes) -> Item {
    Item { attributes: Some(attributes), ..item }
}

async fn of(store: &SharedStore, run: &RunKey) -> Attributes {
    store.run(run).await.unwrap().unwrap().attributes
}

/// Of each type that there is.
fn many() -> Attributes {
    let search = [
        ("Active", typed("bool", "true")),
        ("Count", typed("int", "-9007199254740993")),
        ("Due", typed("datetime", r#""2026-01-02T03:04:05.000006Z""#)),
        ("Limit", typed("int", "9223372036854775807")),
        ("Name", typed("keyword", r#""O'Neill \"quoted\" é \\ 😀""#)),
        ("Rate", typed("double", "0.1")),
        ("Tags", typed("keyword-list", r#"["b","a","b"]"#)),
        ("Text", typed("text", r#""""#)),
        ("Whole", typed("double", "100.0")),
    ];
    let memo = [("binary", Payload::encoded("binary/plain", vec![0, 255])), ("json", Payload::json(" {} "))];
    Attributes {
        memo: memo.map(|(name, value)| (name.to_owned(), value)).into(),
        search_attributes: search.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

async fn attributes_come_back_as_they_were(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (a, b) = (key("a", 1), key("b", 2));
    stored(store, &fence, 1, vec![said(start(&a), many()), start(&b)]).await;
    assert_eq!(of(store, &a).await, many());
    assert_eq!(of(store, &b).await, Attributes::default());
    let newest = store.newest_run(&a.namespace, &a.workflow_id).await.unwrap().unwrap();
    assert_eq!(newest.attributes, many());
    stored(store, &fence, 2, vec![said(step(&b, 3), many())]).await;
    assert_eq!(of(store, &b).await, many());
}

async fn attributes_stay_until_there_are_others(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    stored(store, &fence, 1, vec![said(start(&run), attributes("one"))]).await;
    stored(store, &fence, 2, vec![step(&run, 3)]).await;
    assert_eq!(of(store, &run).await, attributes("one"));
    stored(store, &fence, 3, vec![said(Item::of(run.clone()), attributes("two"))]).await;
    assert_eq!(of(store, &run).await, attributes("two"));
    let last = said(step(&run, 5).with(closed(Status::Completed)), Attributes::default());
    stored(store, &fence, 4, vec![last]).await;
    assert_eq!(of(store, &run).await, Attributes::default());
    assert_eq!(store.run(&run).await.unwrap().unwrap().status, Status::Completed);
}

async fn a_closed_run_keeps_its_attributes(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let done = start(&run).with(closed(Status::Completed));
    stored(store, &fence, 1, vec![said(done, attributes("one"))]).await;
    let items = vec![said(Item::of(run.clone()), attributes("two")), start(&key("b", 2))];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict, ItemOutcome::Committed]);
    let late = said(step(&run, 3).with(closed(Status::Completed)), attributes("two"));
    assert_eq!(commit(store, &fence, 3, vec![late]).await, [ItemOutcome::HistoryConflict]);
    assert_eq!(of(store, &run).await, attributes("one"));
}

async fn an_item_that_is_left_out_changes_no_attributes(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    stored(store, &fence, 1, vec![said(start(&run), attributes("one"))]).await;
    let items = vec![said(step(&run, 9), attributes("two")), said(Item::of(key("b", 2)), attributes("two"))];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict, ItemOutcome::HistoryConflict]);
    assert_eq!(of(store, &run).await, attributes("one"));
}

async fn search_attributes_without_a_type_or_without_json_are_bad_data(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut extra = typed("int", "1");
    extra.metadata.insert("else".to_owned(), "1".into());
    let mut binary = typed("int", "1");
    binary.metadata.insert("encoding".to_owned(), "binary/plain".into());
    let bad = [
        Payload::json("1"),
        typed("int", "1 2"),
        typed("int", ""),
        typed("double", "1e999"),
        typed("keyword", r#""a\u0000""#),
        typed("keyword-list", r#"["a\u0000"]"#),
        typed("keyword\0", r#""a""#),
        typed("keyword", r#""\ud800""#),
        extra,
        binary,
    ];
    for value in bad {
        let search_attributes = BTreeMap::from([("Name".to_owned(), value)]);
        let items =
            vec![said(start(&key("a", 1)), Attributes { search_attributes, ..Attributes::default() })];
        let refused = store.commit(&fence, &Batch { number: 1, items: items.clone() }).await;
        assert!(matches!(refused, Err(CommitError::BadData(_))), "{items:?}: {refused:?}");
    }
    stored(store, &fence, 1, vec![said(start(&key("a", 1)), many())]).await;
}

on_every_database!(
    attributes_come_back_as_they_were,
    attributes_stay_until_there_are_others,
    a_closed_run_keeps_its_attributes,
    an_item_that_is_left_out_changes_no_attributes,
    search_attributes_without_a_type_or_without_json_are_bad_data,
);
