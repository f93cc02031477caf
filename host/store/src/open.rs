//! Opening a store by its address.

use std::sync::Arc;

use crate::{OpenError, SharedStore, postgres::PostgresStore, sqlite::SqliteStore, store::Over};

/// How to open a store.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Take a Postgres server even if it may lose what it acknowledged. Default: no.
    pub allow_unsafe: bool,
}

/// Opens a store, and brings its tables to the version of this host.
///
/// `url` is `sqlite:FILE`, which is made if it is not there, `sqlite::memory:`, or
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
///
/// # Errors
/// [`OpenError::Address`] and [`OpenError::Unsafe`] stay until somebody changes something;
/// [`OpenError::Unavailable`] may pass; [`OpenError::Migration`]: the database belongs to another version.
pub async fn open(url: &str, options: OpenOptions) -> Result<SharedStore, OpenError> {
    match url.split_once(':') {
        Some(("sqlite", file)) => Ok(Arc::new(Over(SqliteStore::open(file).await?))),
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(Over(PostgresStore::open(url, &options).await?))),
        _ => {
            let problem = "it begins with neither sqlite: nor postgres:".to_owned();
            Err(OpenError::Address { url: shown(url), problem })
        }
    }
}

/// What may be shown of an address: a password can stand anywhere but in its scheme.
pub(crate) fn shown(url: &str) -> String {
    let end = url.find(|c: char| !c.is_ascii_alphanumeric() && !"+-._/".contains(c)).unwrap_or(url.len());
    if end == url.len() { url.to_owned() } else { format!("{}…", &url[..=end]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(shown("postgres://me:secret@host/db"), "postgres:…");
        assert_eq!(shown("host=here password=secret"), "host=…");
        assert_eq!(shown("dalsegno.db"), "dalsegno.db");
    }
}
