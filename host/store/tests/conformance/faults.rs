//! A database that goes away, and comes back.

use std::time::{Duration, Instant};

use dalsegno_engine::time::Millis;
use dalsegno_store::{
    Batch, CommitError, ItemOutcome, OpenOptions, SharedStore, StoreError, open, testing::TestPostgres,
};
use sqlx::{Connection, PgConnection};

use crate::{
    builders::{key, namespace, start, step, stored},
    databases::{Database, granted},
};

async fn own_server() -> (TestPostgres, SharedStore) {
    let server = TestPostgres::start().unwrap();
    let store = open(&server.url(), OpenOptions::default()).await.unwrap();
    (server, store)
}

#[tokio::test]
async fn a_server_that_crashes_loses_nothing_and_is_found_again() {
    let (server, store) = own_server().await;
    let fence = granted(store.claim("host", "here", Millis::from_secs(60)).await.unwrap());
    stored(&store, &fence, 1, vec![start(&key("a", 1))]).await;
    store.ping().await.unwrap();

    server.stop_immediate().unwrap();
    let batch = Batch { number: 2, items: vec![step(&key("a", 1), 3)] };
    let away = store.commit(&fence, &batch).await;
    assert!(matches!(away, Err(CommitError::Unavailable(_))), "{away:?}");
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.last_batch(&fence).await, Err(CommitError::Unavailable(_))));

    server.restart().unwrap();
    assert_eq!(store.last_batch(&fence).await.unwrap().number, 1);
    store.commit(&fence, &batch).await.unwrap();
    store.ping().await.unwrap();
    assert_eq!(store.history(&key("a", 1).run_id, 1, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn reads_survive_the_end_of_their_connections() {
    let database = Database::postgres().await;
    let store = &database.store;
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    for _ in 0..20 {
        // Several at once, so that there are several idle connections to lose.
        let namespace = namespace();
        let (a, b, c) = tokio::join!(store.ping(), store.count_runs(&namespace), store.ping());
        a.unwrap();
        b.unwrap();
        c.unwrap();
        terminate_all_others(&mut other).await;
    }
}

#[tokio::test]
async fn commits_go_on_after_the_end_of_their_connection() {
    let database = Database::postgres().await;
    let (store, fence) = (&database.store, database.claim().await);
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    stored(store, &fence, 1, vec![start(&key("a", 1))]).await;
    for turn in 0..10 {
        terminate_all_others(&mut other).await;
        let batch = Batch { number: turn + 2, items: vec![step(&key("a", 1), turn * 2 + 3)] };
        let lost = store.commit(&fence, &batch).await;
        assert!(matches!(lost, Err(CommitError::Unavailable(_))), "{lost:?}");
        assert_eq!(store.last_batch(&fence).await.unwrap().number, turn + 1);
        store.commit(&fence, &batch).await.unwrap();
    }
}

async fn terminate_all_others(connection: &mut PgConnection) {
    // Returns once they are gone.
    let sql = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::raw_sql(sql).execute(connection).await.unwrap();
}

/// What was given up while it waited for a lock happens when the lock is free; who asks after it waits for that.
#[tokio::test]
async fn the_last_batch_waits_for_a_commit_under_way() {
    let database = Database::postgres().await;
    let (store, fence) = (database.store.clone(), database.claim().await);
    stored(&store, &fence, 1, vec![start(&key("a", 1))]).await;

    let mut other = PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT FROM hosts FOR UPDATE").execute(&mut other).await.unwrap();
    let batch = Batch { number: 2, items: vec![step(&key("a", 1), 3), start(&key("a", 2))] };
    {
        let commit = store.commit(&fence, &batch);
        let watch = one_waits_for_a_lock(&database.url);
        tokio::select! {
            done = commit => panic!("it went past the lock: {done:?}"),
            () = watch => {}
        }
    }
    let asked = tokio::spawn({
        let (store, fence) = (store.clone(), fence.clone());
        async move { store.last_batch(&fence).await }
    });
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    let last = asked.await.unwrap().unwrap();
    assert_eq!(last.number, 2);
    assert_eq!(last.outcomes(&batch), [ItemOutcome::Committed, ItemOutcome::WorkflowIdTaken]);
    assert_eq!(store.history(&key("a", 1).run_id, 1, 9).await.unwrap().len(), 2);
}

async fn one_waits_for_a_lock(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql =
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let deadline = Instant::now() + Duration::from_secs(20);
    while sqlx::raw_sql(sql).fetch_optional(&mut connection).await.unwrap().is_none() {
        assert!(Instant::now() < deadline, "nothing waits for a lock");
    }
}

#[tokio::test]
async fn a_locked_sqlite_file_is_unavailable_until_it_is_free() {
    let database = Database::sqlite_file().await;
    let (store, fence) = (&database.store, database.claim().await);
    let mut other = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let batch = Batch { number: 1, items: vec![start(&key("a", 1))] };
    let busy = store.commit(&fence, &batch).await;
    assert!(matches!(busy, Err(CommitError::Unavailable(_))), "{busy:?}");
    assert_eq!(store.run(&key("a", 1)).await.unwrap(), None, "readers do not wait");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    store.commit(&fence, &batch).await.unwrap();
}
