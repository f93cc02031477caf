use dalsegno_engine::time::Millis;
use dalsegno_store::{Batch, CommitError, OpenOptions, open};

use crate::{
    builders::{key, start, step, stored},
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
    assert_eq!(store.last_batch(&fence).await.unwrap(), 0);
    stored(store, &fence, 1, vec![start(&key("a", 1))]).await;
    assert_eq!(store.last_batch(&fence).await.unwrap(), 1);
    stored(store, &fence, 2, vec![]).await;
    assert_eq!(store.last_batch(&fence).await.unwrap(), 2);
}

async fn a_batch_is_not_stored_twice(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let batch = Batch { number: 1, items: vec![start(&key("a", 1))] };
    store.commit(&fence, &batch).await.unwrap();
    let again = store.commit(&fence, &batch).await;
    assert!(matches!(again, Err(CommitError::Unavailable(_))), "{again:?}");
    assert_eq!(store.last_batch(&fence).await.unwrap(), 1);
    assert_eq!(store.history(&key("a", 1).run_id, 1, 10).await.unwrap().len(), 1);
}

async fn a_batch_out_of_order_is_not_stored(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let early = store.commit(&fence, &Batch { number: 2, items: vec![start(&key("a", 1))] }).await;
    assert!(matches!(early, Err(CommitError::Unavailable(_))), "{early:?}");
    assert_eq!(store.last_batch(&fence).await.unwrap(), 0);
    assert_eq!(store.run(&key("a", 1)).await.unwrap(), None);
    stored(store, &fence, 1, vec![start(&key("a", 1))]).await;
}

async fn each_fence_counts_its_own_batches(database: Database) {
    let store = &database.store;
    let old = database.claim().await;
    stored(store, &old, 1, vec![start(&key("a", 1))]).await;
    let new = database.claim().await;
    stored(store, &new, 1, vec![step(&key("a", 1), 3)]).await;
    assert_eq!(store.last_batch(&new).await.unwrap(), 1);
}

/// Dropped at each of its first turns, a commit has happened or will not, and the next one goes through.
async fn a_commit_that_is_dropped_is_whole_or_absent(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut number = 0;
    for turns in 0..20 {
        let run = key(&format!("w{turns}"), turns);
        let batch = Batch { number: number + 1, items: vec![start(&run)] };
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
        number = store.last_batch(&fence).await.unwrap();
        let there = store.run(&run).await.unwrap().is_some();
        assert_eq!(there, number == batch.number);
        assert_eq!(store.history(&run.run_id, 1, 10).await.unwrap().len(), usize::from(there));
    }
    stored(store, &fence, number + 1, vec![start(&key("last", 99))]).await;
}

on_every_database!(
    nothing_is_stored_after_the_fence_is_lost,
    the_last_batch_is_the_last_one_stored,
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
    assert_eq!(new.last_batch(&fence).await.unwrap(), 1);

    let batch = Batch { number: 2, items: vec![step(&key("a", 1), 3)] };
    let late = old.commit(&fence, &batch).await;
    assert!(matches!(late, Err(CommitError::Unavailable(_))), "{late:?}");
    assert_eq!(old.history(&key("a", 1).run_id, 1, 10).await.unwrap().len(), 1);
    old.commit(&fence, &batch).await.unwrap();
}
