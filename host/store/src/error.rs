//! What can go wrong.

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address of the database makes no sense.
    #[error("`{url}` is no database address: {problem}; use sqlite:FILE or postgres://USER@HOST/DATABASE")]
    Address {
        /// What was given, without a password.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// The database does not answer, yet.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// It answers, and would lose what it acknowledged.
    #[error("the database is set up to lose acknowledged writes: {0}")]
    Unsafe(String),
    /// Its tables are not what this host expects.
    #[error("the database cannot be migrated: {0}")]
    Migration(String),
}

/// Why a read or a small write failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away; trying again may help.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// What it holds or says makes no sense.
    #[error("the database holds something unexpected: {0}")]
    Damaged(String),
}

/// Why a batch is not known to be stored.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another host owns the shards.
    #[error("another host owns the shards")]
    FenceLost,
    /// The database is away; the batch may be stored or not.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// The database refuses the data of an item.
    #[error("the database refuses the data: {0}")]
    BadData(String),
}

impl From<StoreError> for CommitError {
    /// Whatever it is, the batch is not known to be stored.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(problem) | StoreError::Damaged(problem) => Self::Unavailable(problem),
        }
    }
}
