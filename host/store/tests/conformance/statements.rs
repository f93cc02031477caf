//! Every statement is understood by the database it is for, with the tables that the migrations make.

use std::{fs, path::PathBuf};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr, SqliteConnection};

use crate::databases::Database;

fn statements(backend: &str) -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("queries").join(backend);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect()
}

#[tokio::test]
async fn sqlite_understands_all_of_its_statements() {
    let database = Database::sqlite_file().await;
    let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
    let statements = statements("sqlite");
    assert!(statements.len() > 20, "{} files", statements.len());
    for (file, sql) in statements {
        let prepared = (&mut connection).prepare(AssertSqlSafe(sql).into_sql_str()).await;
        assert!(prepared.is_ok(), "{}: {:?}", file.display(), prepared.err());
    }
}

#[tokio::test]
async fn postgres_understands_all_of_its_statements() {
    let database = Database::postgres().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let statements = statements("postgres");
    assert!(statements.len() > 20, "{} files", statements.len());
    for (file, sql) in statements {
        if file.ends_with("migrations_lock.sql") {
            // Two statements, which Postgres does not prepare.
            connection.execute(AssertSqlSafe(sql)).await.unwrap();
            continue;
        }
        let prepared = (&mut connection).prepare(AssertSqlSafe(sql).into_sql_str()).await;
        assert!(prepared.is_ok(), "{}: {:?}", file.display(), prepared.err());
    }
}

/// The tables that grow.
const LARGE: [&str; 8] =
    ["runs", "history", "activities", "inbox", "updates", "modules", "module_bytes", "deployments"];

/// Nothing is read from one end of a table to the other, but what has few rows for ever.
#[tokio::test]
async fn sqlite_finds_rows_by_index() {
    let database = Database::sqlite_file().await;
    let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
    for (file, sql) in statements("sqlite") {
        for statement in sql.split_inclusive(';').filter(|statement| is_statement(statement)) {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let rows = sqlx::raw_sql(explain).fetch_all(&mut connection).await.unwrap();
            for step in rows.iter().map(|row| sqlx::Row::get::<String, _>(row, "detail")) {
                let table = step.strip_prefix("SCAN ").unwrap_or("").split(' ').next().unwrap_or("");
                assert!(!LARGE.contains(&table), "{}: {step}", file.display());
            }
        }
    }
}

fn is_statement(text: &str) -> bool {
    let code = text.lines().filter(|line| !line.starts_with("--")).collect::<String>();
    ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|word| code.trim_start().starts_with(word))
}

#[test]
fn statements_of_the_same_name_are_for_the_same_thing() {
    let names = |backend| {
        let files = statements(backend).into_iter();
        files.map(|(file, _)| file.file_name().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    // What is one call of a function on Postgres takes several statements on SQLite.
    let only = |of: &[std::ffi::OsString], not_in: &[std::ffi::OsString]| {
        of.iter()
            .filter(|name| !not_in.contains(name))
            .map(|name| name.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(only(&postgres, &sqlite), ["begin_committing.sql", "commit.sql", "durability.sql"]);
    assert_eq!(
        only(&sqlite, &postgres),
        [
            "change_runs.sql",
            "claim_holder.sql",
            "delete_activities.sql",
            "describe_runs.sql",
            "fence.sql",
            "insert_history.sql",
            "insert_runs.sql",
            "leave_out.sql",
            "open_predecessors.sql",
            "present.sql",
            "put_activities.sql",
            "put_updates.sql",
            "raise_epoch.sql",
            "send_messages.sql",
            "take_messages.sql",
        ]
    );
}
