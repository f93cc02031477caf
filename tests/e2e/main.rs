//! The real program, from an uploaded module to a finished, replayable workflow: what users see, on both backends.
//!
//! One file for each subject. Tests that do no harm share a host for each backend; the others have their own.

mod activities;
mod children;
mod closing;
mod commands;
mod databases;
mod divergence;
mod documents;
mod embedding;
mod eviction;
mod examples;
mod histories;
mod hostile;
mod lifecycle;
mod limits;
mod modules;
mod other_runs;
mod queries;
mod refused_modules;
mod repair;
mod results;
mod signals;
mod start;
mod test_server;
mod updates;
mod visibility;
mod with_start;

mod prelude {
    pub(crate) use std::time::{Duration, Instant};

    pub(crate) use dalsegno_tests::{
        Backend::{self, Postgres, Sqlite},
        Client, Host, Settings, eventually, shared, unique, within,
    };
    pub(crate) use rstest::rstest;
    pub(crate) use serde_json::{Value, json};
}
