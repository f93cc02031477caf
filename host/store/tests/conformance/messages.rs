use dalsegno_engine::{
    Status,
    ids::{Namespace, RunId},
    message::MessageId,
};
use dalsegno_store::{Batch, CommitError, Item, ItemOutcome, MessageRow, SharedStore};

use crate::{
    builders::{With, closed, commit, key, message, run_id, start, step, stored},
    databases::{Database, on_every_database},
};

async fn inbox(store: &SharedStore) -> Vec<MessageRow> {
    store.inbox(None, 1_000).await.unwrap()
}

/// A run that begins and sends.
fn sending(item: Item, outbox: &[MessageRow]) -> Item {
    Item { outbox: outbox.to_vec(), ..item }
}

fn taking(item: Item, messages: &[MessageRow]) -> Item {
    Item { consumed: messages.iter().map(|message| message.id.clone()).collect(), ..item }
}

async fn messages_come_back_in_the_order_of_their_ids(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (a, b) = (key("a", 1), key("b", 2));
    let mut sent = vec![message(&a, 1, "b"), message(&a, 1, "c"), message(&a, 300, "b"), message(&b, 2, "a")];
    sent[1].id.kind = 255;
    sent[1].run_id = Some(run_id(7));
    sent[2].namespace = Namespace::new("other");
    let of = |run: &RunId| sent.iter().rev().filter(|row| row.id.sender == *run).cloned().collect::<Vec<_>>();
    stored(store, &fence, 1, vec![sending(start(&b), &of(&b.run_id)), sending(start(&a), &of(&a.run_id))])
        .await;
    assert_eq!(inbox(store).await, sent);
    for limit in 1..6 {
        let (mut after, mut all): (Option<MessageId>, Vec<MessageRow>) = (None, Vec::new());
        loop {
            let page = store.inbox(after.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            all.extend(page);
        }
        assert_eq!(all, sent, "limit {limit}");
    }
}

async fn a_message_is_taken_once(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (sender, target) = (key("a", 1), key("b", 2));
    let sent = [message(&sender, 2, "b"), message(&sender, 3, "b")];
    stored(store, &fence, 1, vec![sending(start(&sender), &sent), start(&target)]).await;
    stored(store, &fence, 2, vec![taking(step(&target, 3), &sent[..1])]).await;
    assert_eq!(inbox(store).await, sent[1..]);
    // By whoever, alone or with others.
    let items = vec![taking(step(&target, 5), &sent), taking(Item::of(sender.clone()), &sent[..1])];
    let outcomes = commit(store, &fence, 3, items).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict, ItemOutcome::HistoryConflict]);
    assert_eq!(inbox(store).await, sent[1..]);
    assert_eq!(store.history(&target.run_id, 1, 9).await.unwrap().len(), 2);
}

async fn two_items_do_not_take_the_same_message(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (a, b) = (key("a", 1), key("b", 2));
    let sent = [message(&a, 2, "b")];
    stored(store, &fence, 1, vec![sending(start(&a), &sent), start(&b)]).await;
    let items = vec![taking(step(&a, 3), &sent), taking(step(&b, 3), &sent), start(&key("c", 3))];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::Committed, ItemOutcome::HistoryConflict, ItemOutcome::Committed]);
    assert_eq!(inbox(store).await, []);
    assert_eq!(store.history(&b.run_id, 1, 9).await.unwrap().len(), 1);
    // Nor does one take it twice.
    let again = [message(&a, 4, "b"), message(&a, 4, "b")];
    stored(store, &fence, 3, vec![sending(step(&a, 5), &again[..1])]).await;
    let outcomes = commit(store, &fence, 4, vec![taking(step(&b, 3), &again)]).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict]);
    assert_eq!(inbox(store).await, again[..1]);
}

async fn a_message_is_sent_once(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let sent = [message(&run, 2, "b")];
    stored(store, &fence, 1, vec![sending(start(&run), &sent)]).await;
    let mut other = message(&run, 2, "c");
    other.data = "else".into();
    let items = vec![sending(step(&run, 3), &[other]), start(&key("b", 2))];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict, ItemOutcome::Committed]);
    assert_eq!(inbox(store).await, sent);
    assert_eq!(store.history(&run.run_id, 1, 9).await.unwrap().len(), 1);
    // Not in the batch that takes it either.
    let items = vec![taking(step(&key("b", 2), 3), &sent), sending(step(&run, 3), &sent)];
    let outcomes = commit(store, &fence, 3, items).await;
    assert_eq!(outcomes, [ItemOutcome::Committed, ItemOutcome::HistoryConflict]);
    assert_eq!(inbox(store).await, []);
}

/// The target is closed, or the sender takes it back because there is no target.
async fn any_run_that_is_there_may_take_a_message_and_do_nothing_else(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (open, done) = (key("a", 1), key("b", 2));
    let sent = [message(&open, 2, "b"), message(&open, 3, "x"), message(&open, 4, "x")];
    let items = vec![sending(start(&open), &sent), start(&done).with(closed(Status::Completed))];
    stored(store, &fence, 1, items).await;
    let items = vec![taking(Item::of(done), &sent[..1]), taking(Item::of(open), &sent[1..2])];
    stored(store, &fence, 2, items).await;
    let outcomes = commit(store, &fence, 3, vec![taking(Item::of(key("x", 3)), &sent[2..])]).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict], "there is no such run");
    assert_eq!(inbox(store).await, sent[2..]);
}

async fn a_message_that_is_discarded_is_gone(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let sent = [message(&run, 2, "b"), message(&run, 3, "b")];
    stored(store, &fence, 1, vec![sending(start(&run), &sent)]).await;
    for _ in 0..2 {
        store.discard(&sent[0].id).await.unwrap();
        assert_eq!(inbox(store).await, sent[1..]);
    }
    let outcomes = commit(store, &fence, 2, vec![taking(Item::of(run), &sent[..1])]).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict]);
}

async fn an_item_that_is_left_out_sends_and_takes_nothing(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let sent = [message(&run, 2, "b")];
    stored(store, &fence, 1, vec![sending(start(&run), &sent)]).await;
    let more = [message(&run, 4, "b")];
    let (late, taken) = (key("a", 2), key("a", 3));
    let items = vec![
        sending(taking(step(&run, 9), &sent), &more),
        sending(start(&taken), &[message(&taken, 1, "b")]),
    ];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict, ItemOutcome::WorkflowIdTaken]);
    let outcomes = commit(store, &fence, 3, vec![taking(start(&late), &sent)]).await;
    assert_eq!(outcomes, [ItemOutcome::WorkflowIdTaken]);
    assert_eq!(inbox(store).await, sent);
}

async fn a_run_that_begins_by_a_message_that_is_gone_does_not(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let (parent, child) = (key("a", 1), key("b", 2));
    stored(store, &fence, 1, vec![start(&parent)]).await;
    let gone = [message(&parent, 2, "b")];
    let items = vec![taking(start(&child), &gone), start(&key("c", 3))];
    let outcomes = commit(store, &fence, 2, items).await;
    assert_eq!(outcomes, [ItemOutcome::HistoryConflict, ItemOutcome::Committed]);
    assert_eq!(store.run(&child).await.unwrap(), None);
    assert_eq!(store.history(&child.run_id, 1, 9).await.unwrap(), []);
}

async fn messages_that_no_table_can_hold_are_bad_data(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let strange = |change: fn(&mut MessageRow)| {
        let mut row = message(&run, 2, "b");
        change(&mut row);
        row
    };
    for row in [
        strange(|row| row.id.sender = RunId::new("run-1")),
        strange(|row| row.id.event = u64::MAX),
        strange(|row| row.run_id = Some(RunId::new("run-1"))),
        strange(|row| row.workflow_id = key("zero\0byte", 1).workflow_id),
        strange(|row| row.workflow_id = key("", 1).workflow_id),
        strange(|row| row.namespace = Namespace::new("x".repeat(256))),
        strange(|row| row.data = vec![0; (32 << 20) + 1].into()),
    ] {
        let batch = Batch { number: 1, items: vec![sending(start(&run), &[row])] };
        let refused = store.commit(&fence, &batch).await;
        assert!(matches!(refused, Err(CommitError::BadData(_))), "{refused:?}");
    }
    stored(store, &fence, 1, vec![sending(start(&run), &[message(&run, 2, "b")])]).await;
}

on_every_database!(
    messages_come_back_in_the_order_of_their_ids,
    a_message_is_taken_once,
    two_items_do_not_take_the_same_message,
    a_message_is_sent_once,
    any_run_that_is_there_may_take_a_message_and_do_nothing_else,
    a_message_that_is_discarded_is_gone,
    an_item_that_is_left_out_sends_and_takes_nothing,
    a_run_that_begins_by_a_message_that_is_gone_does_not,
    messages_that_no_table_can_hold_are_bad_data,
);
