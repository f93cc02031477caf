//! Every limit of the store, with its unit and default.

use std::time::Duration;

/// Parts that the runs are split into; fixed when a database is created.
pub const SHARDS: u16 = 64;

/// No call of the store takes longer, whatever the database does.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Opening a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Migrating at start, with the wait for another host that does the same.
pub const MIGRATION_TIMEOUT: Duration = Duration::from_secs(120);
/// One statement on Postgres; below [`CALL_TIMEOUT`], so that the server gives up first and says why.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(8);
/// A wait for a lock on Postgres.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(6);
/// A wait for another process that writes to the same SQLite file.
pub const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Postgres drops the connection of a host that does not acknowledge what it is sent for so long.
pub const PEER_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections for everything but commits, on Postgres.
pub const POSTGRES_CONNECTIONS_MAX: usize = 8;
/// Connections for reads, on SQLite.
pub const SQLITE_READERS_MAX: usize = 4;
/// Rows of one SQLite statement; a power of two.
pub const SQLITE_ROWS_PER_STATEMENT_MAX: usize = 256;
/// Pages in SQLite's log from which a commit also moves them into the database, each of 4 KiB.
pub const SQLITE_CHECKPOINT_PAGES: u32 = 4_000;
/// Memory of one SQLite connection for pages, in KiB.
pub const SQLITE_CACHE_KIB: u32 = 32 << 10;

/// One encoded transition, message, memo, or outcome of an update. Above the engine's own limits, which are on what
/// the guest may ask for.
pub const PART_BYTES_MAX: usize = 32 << 20;
/// What is kept of the reason why a run is parked.
pub const BLOCKED_REASON_BYTES_MAX: usize = 16 << 10;
/// How long the row of a host that is gone is kept, for people who look.
pub const HOST_ROWS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
