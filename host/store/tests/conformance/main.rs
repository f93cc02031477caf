//! What every store does, whatever is below it: each test runs on SQLite in a file, SQLite in memory, and Postgres.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod activities;
mod attributes;
mod batches;
mod builders;
mod claims;
mod conflicts;
mod databases;
mod deployments;
mod differential;
mod due;
mod faults;
mod fences;
mod histories;
mod lists;
mod messages;
mod modules;
mod opening;
mod runs;
mod statements;
mod successors;
mod updates;
