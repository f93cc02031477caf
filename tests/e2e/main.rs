//! The real program, from an uploaded module to a finished, replayable workflow: what users see, on both backends.
//!
//! One file for each subject. Tests that do no harm share a host for each backend; the others have their own.

mod activities;
mod arguments;
mod bad_input;
mod benchmark;
mod build;
mod children;
mod closing;
mod commands;
mod continue_as_new;
mod databases;
mod divergence;
mod documents;
mod embedding;
mod eviction;
mod examples;
mod handlers;
mod headers;
mod histories;
mod hostile;
mod large_runs;
mod lifecycle;
mod limits;
mod local_activities;
mod modules;
mod obstacles;
mod other_runs;
mod patches;
mod patterns;
mod polyglot;
mod queries;
mod refused_modules;
mod repair;
mod results;
mod scopes;
mod search_attributes;
mod signals;
mod start;
mod test_server;
mod updates;
mod visibility;
mod with_start;
mod workflow_retries;

mod prelude {
    pub(crate) use std::time::{Duration, Instant};

    pub(crate) use dalsegno_tests::{
        Backend::{self, Postgres, Sqlite},
        Client, Host, Settings, eventually, shared, unique, within,
    };
    pub(crate) use rstest::rstest;
    pub(crate) use serde_json::{Value, json};
}
