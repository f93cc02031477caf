use dalsegno_engine::{Status, ids::WorkflowId};
use dalsegno_store::{Batch, CommitError, Item, ItemOutcome, RunKey, SharedStore};

use crate::{
    builders::{
        With, attributes, closed, commit, key, message, namespace, open_until, start, step, stored, update,
    },
    databases::{Database, on_every_database},
};

/// An item that ends a run, with the one that follows.
fn followed(item: Item, successor: Item) -> Item {
    Item { successor: Some(Box::new(successor)), ..item.with(closed(Status::ContinuedAsNew)) }
}

async fn status(store: &SharedStore, run: &RunKey) -> Option<Status> {
    store.run(run).await.unwrap().map(|row| row.status)
}

async fn transitions(store: &SharedStore, run: &RunKey) -> usize {
    store.history(&run.run_id, 1, 9).await.unwrap().len()
}

async fn a_run_and_its_successor_are_stored_together(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, new) = (key("a", 1), key("a", 2));
    stored(store, &fence, 1, vec![start(&old)]).await;
    let successor = Item {
        attributes: Some(attributes("new")),
        outbox: vec![message(&new, 1, "b")],
        updates: vec![update(&new, "u")],
        ..start(&new)
    };
    stored(store, &fence, 2, vec![followed(step(&old, 3), successor)]).await;
    assert_eq!(status(store, &old).await, Some(Status::ContinuedAsNew));
    assert_eq!(transitions(store, &old).await, 2);
    let newest = store.newest_run(&namespace(), &new.workflow_id).await.unwrap().unwrap();
    assert_eq!((newest.key, newest.attributes), (new.clone(), attributes("new")));
    assert_eq!(transitions(store, &new).await, 1);
    assert_eq!(store.inbox(None, 9).await.unwrap(), [message(&new, 1, "b")]);
    assert!(store.update(&namespace(), &new.workflow_id, "u").await.unwrap().is_some());
    stored(store, &fence, 3, vec![step(&new, 3)]).await;
}

async fn the_workflow_id_goes_to_the_successor(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, new, other) = (key("a", 1), key("a", 3), key("a", 2));
    stored(store, &fence, 1, vec![start(&old)]).await;
    // Whoever stands first.
    let items = vec![start(&other), followed(step(&old, 3), start(&new))];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::WorkflowIdTaken, ItemOutcome::Committed]);
    assert_eq!(status(store, &other).await, None);
    // A successor that has closed already leaves it free.
    let (next, other) = (key("a", 4), key("a", 5));
    let items = vec![start(&other), followed(step(&new, 3), start(&next).with(closed(Status::Completed)))];
    stored(store, &fence, 3, items).await;
}

async fn a_run_that_has_a_transition_already_has_no_successor(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, new) = (key("a", 1), key("a", 2));
    stored(store, &fence, 1, vec![start(&old)]).await;
    let mut item = followed(step(&old, 7), start(&new));
    item.outbox = vec![message(&old, 2, "b")];
    let outcomes = commit(store, &fence, 2, vec![item]).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict]);
    assert_eq!((status(store, &old).await, status(store, &new).await), (Some(Status::Running), None));
    assert_eq!((transitions(store, &old).await, transitions(store, &new).await), (1, 0));
}

async fn a_run_does_not_close_if_its_successor_is_known(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, known) = (key("a", 1), key("a", 2));
    let items = vec![start(&old), start(&known).with(closed(Status::Completed))];
    stored(store, &fence, 1, items).await;
    let items = vec![followed(step(&old, 3), start(&known)), start(&key("b", 3))];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict, ItemOutcome::Committed]);
    assert_eq!(status(store, &old).await, Some(Status::Running));
    assert_eq!((transitions(store, &old).await, transitions(store, &known).await), (1, 1));
}

async fn a_run_does_not_close_if_a_message_of_its_successor_is_gone(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, new) = (key("a", 1), key("a", 2));
    stored(store, &fence, 1, vec![start(&old)]).await;
    let mut successor = start(&new);
    successor.consumed = vec![message(&old, 2, "a").id];
    let outcomes = commit(store, &fence, 2, vec![followed(step(&old, 3), successor)]).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict]);
    assert_eq!((status(store, &old).await, status(store, &new).await), (Some(Status::Running), None));
}

async fn a_closed_run_has_no_other_successor(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, new, other) = (key("a", 1), key("a", 2), key("a", 3));
    stored(store, &fence, 1, vec![start(&old)]).await;
    stored(store, &fence, 2, vec![followed(step(&old, 3), start(&new))]).await;
    let outcomes = commit(store, &fence, 3, vec![followed(step(&old, 5), start(&other))]).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict]);
    stored(store, &fence, 4, vec![step(&new, 3).with(closed(Status::Completed))]).await;
    let outcomes = commit(store, &fence, 5, vec![followed(step(&old, 5), start(&other))]).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict], "even if the workflow id is free");
    assert_eq!((status(store, &other).await, transitions(store, &old).await), (None, 2));
}

async fn a_run_may_begin_and_be_succeeded_at_once(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (first, second) = (key("a", 1), key("a", 2));
    stored(store, &fence, 1, vec![followed(start(&first), start(&second))]).await;
    assert_eq!(status(store, &first).await, Some(Status::ContinuedAsNew));
    assert_eq!(status(store, &second).await, Some(Status::Running));
    assert_eq!((transitions(store, &first).await, transitions(store, &second).await), (1, 1));
    // Again, with the workflow id taken: nothing of it is stored.
    let (third, fourth) = (key("a", 3), key("a", 4));
    let mut item = followed(start(&third), start(&fourth));
    item.outbox = vec![message(&third, 1, "b")];
    let outcomes = commit(store, &fence, 2, vec![item.clone(), start(&key("b", 5))]).await;
    assert_eq!(outcomes, [ItemOutcome::WorkflowIdTaken, ItemOutcome::Committed]);
    assert_eq!((status(store, &third).await, status(store, &fourth).await), (None, None));
    assert_eq!((transitions(store, &third).await, transitions(store, &fourth).await), (0, 0));
    assert_eq!(store.inbox(None, 9).await.unwrap(), []);
    // With the first of the two known, and with the second.
    let runs = [(first.clone(), key("a", 6)), (key("a", 7), first), (second.clone(), key("a", 8))];
    for (number, (old, new)) in (3..).zip(runs) {
        let outcomes = commit(store, &fence, number, vec![followed(start(&old), start(&new))]).await;
        assert_eq!(outcomes, [ItemOutcome::HistoryConflict]);
    }
    assert_eq!(status(store, &second).await, Some(Status::Running));
    assert_eq!(store.count_runs(&namespace()).await.unwrap(), 3);
}

/// Of runs that begin in one batch, the first gets the workflow id.
async fn a_successor_of_a_new_run_waits_its_turn(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let items = vec![
        followed(start(&key("a", 1)), start(&key("a", 2))),
        start(&key("a", 3)),
        start(&key("b", 4)),
        followed(start(&key("b", 5)), start(&key("b", 6))),
    ];
    let outcomes = commit(store, &fence, 1, items).await;
    let (committed, taken) = (ItemOutcome::Committed, ItemOutcome::WorkflowIdTaken);
    assert_eq!(outcomes, [committed.clone(), taken.clone(), committed, taken]);
    assert_eq!(store.count_runs(&namespace()).await.unwrap(), 3);
}

async fn a_run_that_succeeds_another_is_named_once_in_a_batch(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (a, b, new) = (key("a", 1), key("b", 2), key("a", 3));
    stored(store, &fence, 1, vec![start(&a), start(&b)]).await;
    let items = vec![followed(step(&a, 3), start(&new)), step(&new, 3), step(&b, 3)];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::Committed, ItemOutcome::HistoryConflict, ItemOutcome::Committed]);
    assert_eq!(transitions(store, &new).await, 1);
}

async fn two_hundred_runs_are_succeeded_and_one_that_conflicts_is_not(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = |n: u32| key(&format!("w{n}"), n);
    let next = |n: u32| key(&format!("w{n}"), n + 1_000);
    let items = (0..200).map(|n| Item { outbox: vec![message(&run(n), 1, "x")], ..start(&run(n)) });
    stored(store, &fence, 1, items.collect()).await;
    let item = |n| Item {
        consumed: vec![message(&run(n), if n == 77 { 9 } else { 1 }, "x").id],
        outbox: vec![message(&run(n), 3, "y")],
        updates: vec![update(&run(n), "u")],
        ..followed(step(&run(n), 3), start(&next(n)))
    };
    let outcomes = commit(store, &fence, 2, (0..200).map(item).collect()).await;
    for (n, outcome) in (0..200).zip(outcomes) {
        let is_bad = n == 77;
        let expected = if is_bad { ItemOutcome::HistoryConflict } else { ItemOutcome::Committed };
        assert_eq!(outcome, expected, "item {n}");
        assert_eq!(status(store, &next(n)).await.is_none(), is_bad, "item {n}");
        let expected = if is_bad { Status::Running } else { Status::ContinuedAsNew };
        assert_eq!(status(store, &run(n)).await, Some(expected), "item {n}");
        let id = WorkflowId::new(format!("w{n}"));
        assert_eq!(store.update(&namespace(), &id, "u").await.unwrap().is_none(), is_bad, "item {n}");
    }
    let inbox = store.inbox(None, 1_000).await.unwrap();
    let expected = (0..200).map(|n| message(&run(n), if n == 77 { 1 } else { 3 }, "").id);
    assert_eq!(inbox.into_iter().map(|row| row.id).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

async fn a_succession_that_contradicts_itself_is_bad_data(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (old, new) = (key("a", 1), key("a", 2));
    stored(store, &fence, 1, vec![start(&old)]).await;
    let ends = |successor| followed(step(&old, 3), successor);
    let open = Item { summary: Some(open_until(None)), ..ends(start(&new)) };
    let silent = Item { summary: None, ..ends(start(&new)) };
    let long = ends(followed(start(&new), start(&key("a", 3))));
    let mut late = start(&new);
    late.history = step(&new, 3).history;
    for bad in [open, silent, long, ends(step(&new, 1)), ends(start(&key("b", 2))), ends(late)] {
        let refused = store.commit(&fence, &Batch { number: 2, items: vec![bad] }).await;
        assert!(matches!(refused, Err(CommitError::BadData(_))), "{refused:?}");
    }
    assert_eq!((status(store, &old).await, status(store, &new).await), (Some(Status::Running), None));
}

on_every_database!(
    a_run_and_its_successor_are_stored_together,
    the_workflow_id_goes_to_the_successor,
    a_run_that_has_a_transition_already_has_no_successor,
    a_run_does_not_close_if_its_successor_is_known,
    a_run_does_not_close_if_a_message_of_its_successor_is_gone,
    a_closed_run_has_no_other_successor,
    a_run_may_begin_and_be_succeeded_at_once,
    a_successor_of_a_new_run_waits_its_turn,
    a_run_that_succeeds_another_is_named_once_in_a_batch,
    two_hundred_runs_are_succeeded_and_one_that_conflicts_is_not,
    a_succession_that_contradicts_itself_is_bad_data,
);
