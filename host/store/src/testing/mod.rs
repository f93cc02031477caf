//! For tests, of this crate and of others: databases of their own.

mod postgres;

pub use postgres::{StartError, TestPostgres};
