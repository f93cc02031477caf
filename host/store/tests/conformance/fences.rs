use dalsegno_engine::time::Millis;
use dalsegno_store::{Batch, CommitError, Item, ItemOutcome, LastBatch, OpenOptions, open};

use crate::{
    builders::{key, message, start, step, stored},
    databases::{Database, granted, on_every_database},
};

async fn nothing_is_stored_after_the_fence_is_lost(database: Database) {
    let store = &database.store;
    let run = key("a", 1);
    let old = database.claim().await;
    stored(store, &old, 1, vec![start(&run)]).await;
    granted(store.claim("other", "here", Millis::from_secs(60)).await.unwrap());
    let late = store.commit(&old, &Batch { number: 2, items: vec![step(&run, 3)] }).await;
    assert!(matches!(late, Err(CommitError::FenceLost)), "{late:?}");
    assert_eq!(store.history(&run.run_id, 1, 10).await.unwrap().len(), 1);
}

async fn the_last_batch_is_the_last_one_stored(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    assert_eq!(store.last_batch(&fence).await.unwrap().number, 0);
    stored(store, &fence, 1, vec![start(&key("a", 1))]).await;
    assert_eq!(store.last_batch(&fence).await.unwrap().number, 1);
    stored(store, &fence, 2, vec![]).await;
    assert_eq!(store.last_batch(&fence).await.unwrap().number, 2);
}

/// A batch with an item of each outcome, after a run of the workflow id `a` began.
fn mixed(number: u64) -> (Batch, Vec<ItemOutcome>) {
    let sent = vec![message(&key("b", 2), 1, "c")];
    let items = [
        (Item { outbox: sent.clone(), ..start(&key("b", 2)) }, ItemOutcome::Committed),
        (start(&key("a", 3)), ItemOutcome::WorkflowIdTaken),
        (step(&key("a", 1), 5), ItemOutcome::HistoryConflict),
        // The same message once more.
        (Item { outbox: sent, ..start(&key("d", 4)) }, ItemOutcome::HistoryConflict),
    ];
    let (items, outcomes) = items.into_iter().unzip();
    (Batch { number, items }, outcomes)
}

async fn the_last_batch_tells_what_was_left_out_of_it(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    stored(store, &fence, 1, vec![start(&key("a", 1))]).await;
    let (batch, outcomes) = mixed(2);
    assert_eq!(store.commit(&fence, &batch).await.unwrap(), outcomes);
    let last = store.last_batch(&fence).await.unwrap();
    assert_eq!((last.number, last.outcomes(&batch)), (2, outcomes.clone()));
    // One that is refused changes nothing of it.
    store.commit(&fence, &batch).await.unwrap_err();
    assert_eq!(store.last_batch(&fence).await.unwrap(), last);

    let clean = Batch { number: 3, items: vec![step(&key("a", 1), 3), step(&key("b", 2), 3)] };
    store.commit(&fence, &clean).await.unwrap();
    let last = store.last_batch(&fence).await.unwrap();
    assert_eq!(last, LastBatch { number: 3, left_out: vec![] });
    assert_eq!(last.outcomes(&clean), [ItemOutcome::Committed, ItemOutcome::Committed]);
}

async fn what_never_came_to_the_database_is_left_out_too(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let sent = vec![message(&key("a", 1), 1, "c")];
    let items = ["a", "b"].into_iter().zip(1..);
    let items = items.map(|(id, run)| Item { outbox: sent.clone(), ..start(&key(id, run)) }).collect();
    let batch = Batch { number: 1, items };
    let outcomes = [ItemOutcome::Committed, ItemOutcome::HistoryConflict];
    assert_eq!(store.commit(&fence, &batch).await.unwrap(), outcomes);
    let last = store.last_batch(&fence).await.unwrap();
    assert_eq!(last, LastBatch { number: 1, left_out: vec![] });
    assert_eq!(last.outcomes(&batch), outcomes);
}

async fn a_batch_is_not_stored_twice(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let batch = Batch { number: 1, items: vec![start(&key("a", 1))] };
    store.commit(&fence, &batch).await.unwrap();
    let again = store.commit(&fence, &batch).await;
    assert!(matches!(again, Err(CommitError::Unavailable(_))), "{again:?}");
    assert_eq!(store.last_batch(&fence).await.unwrap().number, 1);
    assert_eq!(store.history(&key("a", 1).run_id, 1, 10).await.unwrap().len(), 1);
}

async fn a_batch_out_of_order_is_not_stored(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let early = store.commit(&fence, &Batch { number: 2, items: vec![start(&key("a", 1))] }).await;
    assert!(matches!(early, Err(CommitError::Unavailable(_))), "{early:?}");
    assert_eq!(store.last_batch(&fence).await.unwrap().number, 0);
    assert_eq!(store.run(&key("a", 1)).await.unwrap(), None);
    stored(store, &fence, 1, vec![start(&key("a", 1))]).await;
}

async fn each_fence_counts_its_own_batches(database: Database) {
    let store = &database.store;
    let old = database.claim().await;
    stored(store, &old, 1, vec![start(&key("a", 1))]).await;
    let new = database.claim().await;
    stored(store, &new, 1, vec![step(&key("a", 1), 3)]).await;
    assert_eq!(store.last_batch(&new).await.unwrap().number, 1);
    // Nor is anything told of what an earlier one left out.
    store.commit(&new, &mixed(2).0).await.unwrap();
    let newest = database.claim().await;
    let none = LastBatch { number: 0, left_out: vec![] };
    assert_eq!(store.last_batch(&newest).await.unwrap(), none);
}

/// Dropped at each of its first turns, a commit has happened or will not, and the next one goes through.
async fn a_commit_that_is_dropped_is_whole_or_absent(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut number = 0;
    for turns in 0..20 {
        let run = key(&format!("w{turns}"), turns);
        let taken = key(&format!("w{turns}"), 100 + turns);
        let batch = Batch { number: number + 1, items: vec![start(&run), start(&taken)] };
        {
            let mut commit = store.commit(&fence, &batch);
            for _ in 0..turns {
                let polled = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(commit.as_mut().poll(context).is_ready())
                });
                if polled.await {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let last = store.last_batch(&fence).await.unwrap();
        number = last.number;
        let there = store.run(&run).await.unwrap().is_some();
        assert_eq!(there, number == batch.number);
        if there {
            let outcomes = [ItemOutcome::Committed, ItemOutcome::WorkflowIdTaken];
            assert_eq!(last.outcomes(&batch), outcomes, "after {turns} turns");
        }
        assert_eq!(store.history(&run.run_id, 1, 10).await.unwrap().len(), usize::from(there));
    }
    stored(store, &fence, number + 1, vec![start(&key("last", 99))]).await;
}

on_every_database!(
    nothing_is_stored_after_the_fence_is_lost,
    the_last_batch_is_the_last_one_stored,
    the_last_batch_tells_what_was_left_out_of_it,
    what_never_came_to_the_database_is_left_out_too,
    a_batch_is_not_stored_twice,
    a_batch_out_of_order_is_not_stored,
    each_fence_counts_its_own_batches,
    a_commit_that_is_dropped_is_whole_or_absent,
);

/// The second store of the same fence stands for the next connection of the same host.
#[tokio::test]
async fn a_batch_on_an_old_connection_comes_too_late() {
    let database = Database::postgres().await;
    let (old, fence) = (&database.store, database.claim().await);
    stored(old, &fence, 1, vec![start(&key("a", 1))]).await;
    let new = open(&database.url, OpenOptions::default()).await.unwrap();
    assert_eq!(new.last_batch(&fence).await.unwrap().number, 1);

    let batch = Batch { number: 2, items: vec![step(&key("a", 1), 3)] };
    let late = old.commit(&fence, &batch).await;
    assert!(matches!(late, Err(CommitError::Unavailable(_))), "{late:?}");
    assert_eq!(old.history(&key("a", 1).run_id, 1, 10).await.unwrap().len(), 1);
    old.commit(&fence, &batch).await.unwrap();
}
