use dalsegno_engine::time::Millis;
use dalsegno_store::{Claim, CommitError, OpenError, OpenOptions, SharedStore, open};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::{
    builders::{key, start, stored},
    databases::{Database, granted, on_every_database, sqlite_url},
};

async fn open_default(url: &str) -> Result<SharedStore, OpenError> {
    open(url, OpenOptions::default()).await
}

async fn execute(url: &str, sql: &'static str) {
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn a_store_that_is_opened_again_has_everything(database: Database) {
    if database.url == "sqlite::memory:" {
        return;
    }
    let fence = database.claim().await;
    stored(&database.store, &fence, 1, vec![start(&key("a", 1))]).await;
    let row = database.store.run(&key("a", 1)).await.unwrap();
    database.store.close().await;
    let again = open_default(&database.url).await.unwrap();
    assert_eq!(again.run(&key("a", 1)).await.unwrap(), row);
    assert_eq!(again.last_batch(&fence).await.unwrap().number, 1, "the fence holds on");
    let held = again.claim("other", "elsewhere", Millis::from_secs(1)).await.unwrap();
    assert!(matches!(held, Claim::Held { .. }));
    let new = granted(again.claim("other", "here", Millis::from_secs(1)).await.unwrap());
    assert!(matches!(again.last_batch(&fence).await, Err(CommitError::FenceLost)));
    stored(&again, &new, 1, vec![start(&key("b", 2))]).await;
}

async fn a_store_that_is_closed_is_unavailable(database: Database) {
    let fence = database.claim().await;
    if database.url == "sqlite::memory:" {
        return;
    }
    database.store.close().await;
    assert!(database.store.ping().await.is_err());
    // Closing says nothing of the fence.
    drop(fence);
}

async fn a_newer_database_is_refused(database: Database) {
    if database.url == "sqlite::memory:" {
        return;
    }
    execute(&database.url, "INSERT INTO schema_migrations (version, name) VALUES (4000, 'later')").await;
    let problem = open_default(&database.url).await.err().unwrap();
    let OpenError::Migration(text) = &problem else { panic!("{problem:?}") };
    assert!(text.contains("4000") && text.contains("newer host"), "{text}");
}

async fn a_foreign_database_is_refused(database: Database) {
    if database.url == "sqlite::memory:" {
        return;
    }
    execute(&database.url, "UPDATE schema_migrations SET version = version - 1").await;
    let problem = open_default(&database.url).await.err().unwrap();
    assert!(matches!(problem, OpenError::Migration(_)), "{problem:?}");
}

async fn stores_may_be_opened_at_the_same_time(database: Database) {
    let url = if database.url.starts_with("postgres") {
        dalsegno_store::testing::TestPostgres::shared().unwrap().database().await.unwrap()
    } else {
        let folder = tempfile::tempdir().unwrap().keep();
        sqlite_url(folder.join("new.db"))
    };
    let opened: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open_default(&url).await })
        })
        .collect();
    for store in opened {
        store.await.unwrap().unwrap().ping().await.unwrap();
    }
}

on_every_database!(
    a_store_that_is_opened_again_has_everything,
    a_store_that_is_closed_is_unavailable,
    a_newer_database_is_refused,
    a_foreign_database_is_refused,
    stores_may_be_opened_at_the_same_time,
);

#[tokio::test]
async fn addresses_that_make_no_sense_are_refused_without_their_secrets() {
    let urls = [
        "",
        "mysql://me:secret@host/db",
        "postgres://me:secret@host:port/db",
        "postgres://me:secret@host/db?sslmode=verify-full",
        "host=here password=secret",
        "sqlite:",
        "sqlite:/no/such/folder/store.db",
        "sqlite:/",
    ];
    for url in urls {
        let problem = open_default(url).await.err().unwrap();
        assert!(matches!(problem, OpenError::Address { .. }), "{problem:?}");
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let url = "postgres://me:secret@127.0.0.1:1/db";
    let problem = open_default(url).await.err().unwrap();
    assert!(matches!(problem, OpenError::Unavailable(_)), "{problem:?}");
    assert!(problem.to_string().contains("127.0.0.1:1") && !problem.to_string().contains("secret"));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.db");
    std::fs::write(&path, "this is a text, and longer than the header of a database would be.".repeat(50))
        .unwrap();
    let problem = open_default(&sqlite_url(path)).await.err().unwrap();
    assert!(problem.to_string().contains("not a database"), "{problem}");
}

#[tokio::test]
async fn a_server_that_may_lose_data_is_refused_unless_allowed() {
    let server = dalsegno_store::testing::TestPostgres::shared().unwrap();
    let url = server.database().await.unwrap();
    let name = url.rsplit('/').next().unwrap();
    let sql = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    let problem = open_default(&url).await.err().unwrap();
    assert!(matches!(&problem, OpenError::Unsafe(text) if text.contains("synchronous_commit")), "{problem}");
    open(&url, OpenOptions { allow_unsafe: true }).await.unwrap().ping().await.unwrap();
}
