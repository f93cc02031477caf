//! The databases that tests run on.

use std::path::PathBuf;

use dalsegno_engine::time::Millis;
use dalsegno_store::{Claim, Fence, OpenOptions, SharedStore, open, testing::TestPostgres};
use tempfile::TempDir;

/// An empty database, and a store over it.
pub(crate) struct Database {
    pub(crate) store: SharedStore,
    pub(crate) url: String,
    _folder: Option<TempDir>,
}

impl Database {
    pub(crate) async fn sqlite_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(folder.path().join("store.db"));
        Self { store: open(&url, OpenOptions::default()).await.unwrap(), url, _folder: Some(folder) }
    }

    pub(crate) async fn sqlite_memory() -> Self {
        let url = "sqlite::memory:".to_owned();
        Self { store: open(&url, OpenOptions::default()).await.unwrap(), url, _folder: None }
    }

    pub(crate) async fn postgres() -> Self {
        let url = TestPostgres::shared().unwrap().database().await.unwrap();
        Self { store: open(&url, OpenOptions::default()).await.unwrap(), url, _folder: None }
    }

    /// A fence under which batches are numbered from 1.
    pub(crate) async fn claim(&self) -> Fence {
        granted(self.store.claim("host", "here", Millis::from_secs(60)).await.unwrap())
    }
}

pub(crate) fn sqlite_url(path: PathBuf) -> String {
    format!("sqlite:{}", path.display())
}

pub(crate) fn granted(claim: Claim) -> Fence {
    match claim {
        Claim::Granted { fence, .. } => fence,
        Claim::Held { .. } => panic!("another host holds the shards"),
    }
}

/// Makes of each `async fn(Database)` a test on each backend.
macro_rules! on_every_database {
    ($($test:ident),* $(,)?) => {
        on_every_database!(@ sqlite_file: $($test),*);
        on_every_database!(@ sqlite_memory: $($test),*);
        on_every_database!(@ postgres: $($test),*);
    };
    (@ $database:ident: $($test:ident),*) => {
        mod $database {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(crate::databases::Database::$database().await).await;
                }
            )*
        }
    };
}
pub(crate) use on_every_database;
