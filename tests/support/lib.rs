//! What the end-to-end and chaos tests share: the real programs, started, killed and watched.
//!
//! Read [`host`] for how a host is run, [`client`] for how it is asked, [`auditor`] for how its database is checked
//! afterwards. Nothing here reaches into a host: tests see what users see, and the database. What goes wrong in the
//! surroundings of a test is a panic that says so.

pub mod auditor;
pub mod backend;
mod calls;
pub mod cli;
pub mod client;
pub mod dice;
pub mod guests;
pub mod host;
pub mod journal;
pub mod process;
pub mod programs;
pub mod services;
pub mod shared;
pub mod stream;
pub mod waiting;

pub use backend::{Backend, Database};
pub use client::{Answer, Client};
pub use host::{Host, Settings};
pub use shared::shared;
pub use waiting::{eventually, within};

use std::sync::atomic::{AtomicU64, Ordering};

/// A name that no other test of this process has taken.
#[must_use]
pub fn unique(what: &str) -> String {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    format!("{what}-{}-{number}", std::process::id())
}
