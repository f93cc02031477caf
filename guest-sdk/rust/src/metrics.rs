//! Figures for operators. Those of a replay or of a failed activation are dropped.

use crate::runtime;

/// Adds to a counter of the host.
#[track_caller]
pub fn count(name: &str, value: u64, tags: &[(&str, &str)]) {
    runtime::current().host().count(name, value, &owned(tags));
}

/// Adds a value to a histogram of the host.
#[track_caller]
pub fn record(name: &str, value: f64, tags: &[(&str, &str)]) {
    runtime::current().host().record(name, value, &owned(tags));
}

fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
