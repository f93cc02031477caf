//! Statements over many rows.
//!
//! A statement is handed to the connection's thread and its answer waited for, which costs more than a row; so rows
//! go many at a time. Their numbers are powers of two, so that there are few texts, and each stays prepared.

use std::sync::{Arc, LazyLock};

use sqlx::{Arguments, AssertSqlSafe, Encode, Row, Sqlite, SqliteConnection, Type, sqlite::SqliteArguments};

use crate::limits::SQLITE_ROWS_PER_STATEMENT_MAX;

const SIZES: usize = SQLITE_ROWS_PER_STATEMENT_MAX.ilog2() as usize + 1;

/// A statement for each number of rows.
pub(super) struct Many {
    texts: [Arc<str>; SIZES],
}

impl Many {
    /// From the text for one row, which stands on a line of its own that begins with a parenthesis.
    fn new(sql: &str) -> Self {
        let texts = std::array::from_fn(|size| {
            let lines = sql.lines().map(|line| {
                if line.starts_with('(') { vec![line; 1 << size].join(",") } else { line.to_owned() }
            });
            lines.collect::<Vec<_>>().join("\n").into()
        });
        Self { texts }
    }

    /// Runs it over all rows; tells how many rows of the database changed.
    pub(super) async fn execute<R>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[R],
        bind: impl Fn(&R, &mut Binder),
    ) -> Result<u64, sqlx::Error> {
        let mut changed = 0;
        for (text, rows) in self.chunks(rows) {
            let query = sqlx::query_with(AssertSqlSafe(text), Binder::bind_all(rows, &bind)?);
            changed += query.execute(&mut *connection).await?.rows_affected();
        }
        Ok(changed)
    }

    /// Runs it over all rows, and adds up the numbers that it answers.
    pub(super) async fn count<R>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[R],
        bind: impl Fn(&R, &mut Binder),
    ) -> Result<i64, sqlx::Error> {
        let mut count = 0;
        for (text, rows) in self.chunks(rows) {
            let query = sqlx::query_with(AssertSqlSafe(text), Binder::bind_all(rows, &bind)?);
            count += query.fetch_one(&mut *connection).await?.try_get::<i64, _>(0)?;
        }
        Ok(count)
    }

    fn chunks<'r, R>(&self, mut rows: &'r [R]) -> impl Iterator<Item = (Arc<str>, &'r [R])> {
        std::iter::from_fn(move || {
            let size = rows.len().checked_ilog2()?.min(SIZES as u32 - 1) as usize;
            let (chunk, rest) = rows.split_at(1 << size);
            rows = rest;
            Some((self.texts[size].clone(), chunk))
        })
    }
}

/// Collects the values of rows.
pub(super) struct Binder {
    arguments: SqliteArguments,
    error: Option<sqlx::Error>,
}

impl Binder {
    fn bind_all<R>(rows: &[R], bind: &impl Fn(&R, &mut Self)) -> Result<SqliteArguments, sqlx::Error> {
        let mut binder = Self { arguments: SqliteArguments::default(), error: None };
        for row in rows {
            bind(row, &mut binder);
        }
        binder.error.map_or(Ok(binder.arguments), Err)
    }

    /// The next column.
    pub(super) fn add<'t, T>(&mut self, value: T) -> &mut Self
    where
        T: Encode<'t, Sqlite> + Type<Sqlite>,
    {
        if let Err(error) = self.arguments.add(value) {
            self.error.get_or_insert(sqlx::Error::Encode(error));
        }
        self
    }
}

macro_rules! many {
    ($($constant:ident = $name:literal),* $(,)?) => {$(
        pub(super) static $constant: LazyLock<Many> =
            LazyLock::new(|| Many::new(include_str!(concat!("../../queries/sqlite/", $name, ".sql"))));
    )*};
}
many! {
    PRESENT = "present",
    CHANGE_RUNS = "change_runs",
    INSERT_RUNS = "insert_runs",
    INSERT_HISTORY = "insert_history",
    PUT_ACTIVITIES = "put_activities",
    DELETE_ACTIVITIES = "delete_activities",
    DESCRIBE_RUNS = "describe_runs",
    OPEN_PREDECESSORS = "open_predecessors",
    TAKE_MESSAGES = "take_messages",
    SEND_MESSAGES = "send_messages",
    PUT_UPDATES = "put_updates",
}
