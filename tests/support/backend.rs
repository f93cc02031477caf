//! The databases that hosts of tests use, one each.

use std::{path::PathBuf, sync::Arc};

use dalsegno_store::{OpenOptions, SharedStore, testing::TestPostgres};

/// What a host keeps its runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database of a test's own.
#[derive(Debug, Clone)]
pub struct Database {
    url: String,
    /// Present if the server is the test's own too.
    server: Option<Arc<TestPostgres>>,
}

impl Database {
    /// An empty database; a file is made in this folder.
    ///
    /// # Panics
    /// If there is no Postgres.
    pub async fn new(backend: Backend, folder: &std::path::Path) -> Self {
        match backend {
            Backend::Sqlite => {
                let file: PathBuf = folder.join("dalsegno.db");
                Self { url: format!("sqlite:{}", file.display()), server: None }
            }
            Backend::Postgres => {
                let server = TestPostgres::shared();
                let server = server.unwrap_or_else(|error| {
                    panic!("no Postgres: {error}; tests/toolchain/postgres finds one")
                });
                let url = server.database().await;
                Self { url: url.unwrap_or_else(|error| panic!("no database: {error}")), server: None }
            }
        }
    }

    /// An empty database in a Postgres server that the test may stop.
    ///
    /// # Panics
    /// If there is no Postgres.
    #[must_use]
    pub fn own_server() -> Self {
        let server = TestPostgres::start();
        let server =
            server.unwrap_or_else(|error| panic!("no Postgres: {error}; tests/toolchain/postgres finds one"));
        Self { url: server.url(), server: Some(Arc::new(server)) }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts the power of the server.
    ///
    /// # Panics
    /// If it is not the test's own, or not running.
    pub fn stop(&self) {
        let stopped = self.own().stop_immediate();
        stopped.unwrap_or_else(|error| panic!("Postgres cannot be stopped: {error}"));
    }

    /// Starts the server again.
    ///
    /// # Panics
    /// If it is not the test's own, or does not start.
    pub fn restart(&self) {
        let started = self.own().restart();
        started.unwrap_or_else(|error| panic!("Postgres cannot be started again: {error}"));
    }

    fn own(&self) -> &TestPostgres {
        self.server.as_deref().expect("the test took a server of its own")
    }

    /// Opens it beside the host.
    ///
    /// # Panics
    /// If it does not open.
    pub async fn open(&self) -> SharedStore {
        let store = dalsegno_store::open(&self.url, OpenOptions::default()).await;
        store.unwrap_or_else(|error| panic!("{} does not open: {error}", self.url))
    }
}
