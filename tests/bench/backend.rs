//! Databases to measure on, each empty and used once.

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use dalsegno_store::testing::{StartError, TestPostgres};

/// What stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// One of two figures.
    pub(crate) fn pick<T>(self, sqlite: T, postgres: T) -> T {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
}

/// Makes databases.
#[derive(Clone)]
pub(crate) struct Databases {
    folder: PathBuf,
    made: Arc<AtomicU32>,
    postgres: Arc<OnceLock<Result<TestPostgres, StartError>>>,
}

impl Databases {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, made: Arc::default(), postgres: Arc::default() }
    }

    /// The address of a new database.
    pub(crate) async fn fresh(&self, backend: Backend) -> anyhow::Result<String> {
        match backend {
            Backend::Sqlite => {
                let number = self.made.fetch_add(1, Ordering::Relaxed);
                Ok(format!("sqlite:{}", self.folder.join(format!("{number}.db")).display()))
            }
            Backend::Postgres => {
                let server = tokio::task::block_in_place(|| self.postgres.get_or_init(TestPostgres::start));
                let server = server.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
                Ok(server.database().await?)
            }
        }
    }
}
