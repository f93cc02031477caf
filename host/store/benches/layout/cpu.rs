//! Time on a processor, which other programs on the machine falsify less than time on the clock.

use std::fs;

use sqlx::{Connection, PgConnection, Row};

/// Ticks of a second in `/proc`, on every Linux that matters.
const TICKS: f64 = 100.0;

/// Processes whose time is counted: this one, and those of a server that work for it.
pub(crate) struct Processes(Vec<i32>);

impl Processes {
    pub(crate) fn own() -> Self {
        Self(vec![std::process::id().cast_signed()])
    }

    /// With the sessions that are open on a database of Postgres.
    pub(crate) async fn with_sessions(url: &str) -> Self {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let sql = "SELECT pid FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        let mut processes = Self::own();
        processes.0.extend(rows.iter().map(|row| row.get::<i32, _>(0)));
        processes
    }

    /// Seconds so far; zero where there is no `/proc`.
    pub(crate) fn seconds(&self) -> f64 {
        self.0.iter().map(|process| ticks(*process).unwrap_or(0.0) / TICKS).sum()
    }
}

/// User and system time: the fourteenth and fifteenth field, the second being a name that may hold anything.
fn ticks(process: i32) -> Option<f64> {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = line.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
}
