//! Two tables, one row for each transition or one for each event, appended to as the store does: many rows in one
//! statement, one commit. Without the fence and the checks, which are the same for both.

use dalsegno_engine::{Transition, event::EventAttributes};
use dalsegno_store::{OpenOptions, open, testing::TestPostgres};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{STEPS_PER_COMMIT, STEPS_PER_RUN, cpu::Processes, encodings::Encoding, steps::step};

/// What a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Transitions,
    Events,
}

enum Database {
    Sqlite { connection: SqliteConnection, _folder: TempDir },
    Postgres(PgConnection),
}

/// A database with a table in a layout.
pub(crate) struct Bench {
    pub(crate) processes: Processes,
    database: Database,
    layout: Layout,
    encoding: Encoding,
    /// Runs that are finished, and steps that all others have.
    finished: u128,
    done: u32,
    steps: u64,
    reads: u128,
}

/// The columns of a row.
struct Line {
    run: Uuid,
    event: i64,
    events: i32,
    activation: i64,
    time: i64,
    data: Vec<u8>,
}

impl Bench {
    pub(crate) async fn sqlite(layout: Layout, encoding: Encoding) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("bench.db").display());
        // For the settings that a database keeps; the others follow.
        open(&url, OpenOptions::default()).await.unwrap().close().await;
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        let settings =
            "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32768;
            CREATE TABLE bench (run_id BLOB NOT NULL, event_id INTEGER NOT NULL, events INTEGER NOT NULL,
                epoch INTEGER NOT NULL, activation INTEGER NOT NULL, time INTEGER NOT NULL,
                activated INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run_id, event_id)) STRICT";
        sqlx::raw_sql(settings).execute(&mut connection).await.unwrap();
        Self::new(Processes::own(), Database::Sqlite { connection, _folder: folder }, layout, encoding)
    }

    pub(crate) async fn postgres(layout: Layout, encoding: Encoding) -> Self {
        let url = TestPostgres::shared().unwrap().database().await.unwrap();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let table = "CREATE TABLE bench (run_id UUID NOT NULL, event_id BIGINT NOT NULL, events INTEGER NOT NULL,
            epoch BIGINT NOT NULL, activation BIGINT NOT NULL, time BIGINT NOT NULL, activated BOOLEAN NOT NULL,
            data BYTEA NOT NULL, PRIMARY KEY (run_id, event_id))";
        sqlx::raw_sql(table).execute(&mut connection).await.unwrap();
        let processes = Processes::with_sessions(&url).await;
        Self::new(processes, Database::Postgres(connection), layout, encoding)
    }

    fn new(processes: Processes, database: Database, layout: Layout, encoding: Encoding) -> Self {
        Self { processes, database, layout, encoding, finished: 0, done: 0, steps: 0, reads: 0 }
    }

    pub(crate) fn name(&self) -> String {
        let database = match self.database {
            Database::Sqlite { .. } => "SQLite",
            Database::Postgres(_) => "Postgres",
        };
        let layout = match self.layout {
            Layout::Transitions => "transition",
            Layout::Events => "event",
        };
        format!("{database} | {layout} | {}", self.encoding.name())
    }

    /// Stores the next step of each run, and tells how many that were.
    pub(crate) async fn commit(&mut self) -> u32 {
        let lines: Vec<Line> = (0..u128::from(STEPS_PER_COMMIT))
            .flat_map(|run| self.lines(run_id(self.finished + run), u64::from(self.done) + 1))
            .collect();
        match &mut self.database {
            Database::Sqlite { connection, .. } => insert_sqlite(connection, lines).await,
            Database::Postgres(connection) => insert_postgres(connection, lines).await,
        }
        self.done = (self.done + 1) % STEPS_PER_RUN;
        if self.done == 0 {
            self.finished += u128::from(STEPS_PER_COMMIT);
        }
        self.steps += u64::from(STEPS_PER_COMMIT);
        STEPS_PER_COMMIT
    }

    fn lines(&self, run: Uuid, number: u64) -> Vec<Line> {
        let step = step(number);
        let (first, activation) = (step.first_event_id.cast_signed(), step.activation.cast_signed());
        let time = step.time.as_micros().cast_signed();
        let line = |event, events, data| Line { run, event, events, activation, time, data };
        match self.layout {
            Layout::Transitions => vec![line(first, 2, self.encoding.encode(&step))],
            Layout::Events => (first..)
                .zip(step.inputs.iter().chain(&step.commands))
                .map(|(event, attributes)| line(event, 1, self.encoding.encode(attributes)))
                .collect(),
        }
    }

    /// Reads one of the finished histories.
    pub(crate) async fn read(&mut self) {
        self.reads += 7_919;
        let run = run_id(self.reads % self.finished.max(1));
        let sql = "SELECT event_id, activation, time, data FROM bench WHERE run_id = $1 AND event_id >= $2
                   ORDER BY event_id LIMIT $3";
        let data: Vec<Vec<u8>> = match &mut self.database {
            Database::Sqlite { connection, .. } => {
                let query = sqlx::query(sql).bind(run).bind(1_i64).bind(1_000_i64);
                query.fetch_all(connection).await.unwrap().iter().map(|row| row.get(3)).collect()
            }
            Database::Postgres(connection) => {
                let query = sqlx::query(sql).bind(run).bind(1_i64).bind(1_000_i64);
                query.fetch_all(connection).await.unwrap().iter().map(|row| row.get(3)).collect()
            }
        };
        let events: usize = data.iter().map(|data| self.decode(data)).sum();
        assert_eq!(events, 2 * STEPS_PER_RUN as usize);
    }

    fn decode(&self, data: &[u8]) -> usize {
        match self.layout {
            Layout::Transitions => self.encoding.decode::<Transition>(data).into_events().count(),
            Layout::Events => {
                std::hint::black_box(self.encoding.decode::<EventAttributes>(data));
                1
            }
        }
    }

    pub(crate) async fn bytes_per_step(&mut self) -> f64 {
        let bytes: i64 = match &mut self.database {
            Database::Sqlite { connection, .. } => {
                let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
                sqlx::query(sql).fetch_one(connection).await.unwrap().get(0)
            }
            Database::Postgres(connection) => {
                let sql = "SELECT pg_total_relation_size('bench')";
                sqlx::query(sql).fetch_one(connection).await.unwrap().get(0)
            }
        };
        bytes as f64 / self.steps as f64
    }
}

/// A UUID whose first part grows with the time, as those of runs do.
fn run_id(number: u128) -> Uuid {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xffff_ffff_ffff_ffff;
    Uuid::from_u128((0x0190_0000_0000 + number / 4) << 80 | scattered)
}

async fn insert_sqlite(connection: &mut SqliteConnection, lines: Vec<Line>) {
    let rows = vec!["(?, ?, ?, 1, ?, ?, 1, ?)"; lines.len()].join(",");
    let sql = format!(
        "INSERT INTO bench (run_id, event_id, events, epoch, activation, time, activated, data) VALUES {rows}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for line in lines {
        query = query.bind(line.run).bind(line.event).bind(line.events).bind(line.activation).bind(line.time);
        query = query.bind(line.data);
    }
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.unwrap();
    query.execute(&mut *connection).await.unwrap();
    sqlx::query("COMMIT").execute(connection).await.unwrap();
}

async fn insert_postgres(connection: &mut PgConnection, lines: Vec<Line>) {
    let sql = "INSERT INTO bench (run_id, event_id, events, epoch, activation, time, activated, data)
        SELECT t.run, t.event, t.events, 1, t.activation, t.time, TRUE, t.data
        FROM unnest($1::UUID[], $2::BIGINT[], $3::INTEGER[], $4::BIGINT[], $5::BIGINT[], $6::BYTEA[])
            AS t (run, event, events, activation, time, data)";
    sqlx::query(sql)
        .bind(lines.iter().map(|line| line.run).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.event).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.events).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.activation).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.time).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.data.as_slice()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .unwrap();
}
