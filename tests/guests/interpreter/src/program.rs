//! The programs of the interpreter: what a client writes, and the workflow runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A workflow as data. Each stage is a run of its own: the next one continues as new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Program {
    /// In order.
    pub(crate) stages: Vec<Op>,
    /// What the stages before came to.
    #[serde(default)]
    pub(crate) done: i64,
    /// The updates that were taken so far.
    #[serde(default)]
    pub(crate) given: BTreeMap<String, i64>,
}

/// Something to do; it comes to a number, or fails with a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Op {
    /// Nothing.
    Value(i64),
    /// Fails.
    Fail(String),
    /// Fails until the run is at this attempt.
    FailUntil(u32),
    /// An activity that returns its argument.
    Activity(i64),
    /// An activity that fails for good.
    BadActivity,
    /// A local activity that returns its argument.
    Local(i64),
    /// A timer.
    Timer(u64),
    /// A signal of this name; its argument.
    Signal(String),
    /// An update of this name; its argument.
    Update(String),
    /// Signals the own workflow.
    TellSelf(String, i64),
    /// A child with a program of its own, its signals, and the attempts it has.
    Child {
        /// Unique in the whole program.
        id: String,
        /// What it runs.
        program: Program,
        /// What it is sent.
        signals: Vec<(String, i64)>,
        /// Of its retry policy; none if absent.
        attempts: Option<u32>,
    },
    /// One after the other, until one fails.
    Sequence(Vec<Op>),
    /// All at once; of failures, the first in the list.
    Parallel(Vec<Op>),
    /// Turns a failure into a number.
    Catch(Box<Op>),
    /// Does the first; then begins something without an end, cancels it, and cleans up in a shield.
    Cancel {
        /// To its end.
        first: Box<Op>,
        /// Never ends by itself.
        endless: Vec<Endless>,
        /// What is done when it was cancelled.
        cleanup: Box<Op>,
    },
}

/// Something that ends when it is cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Endless {
    /// A timer.
    Timer,
    /// An activity.
    Activity,
    /// A signal that nobody sends.
    Signal,
    /// A child, by id, with something endless in it.
    Child(String, Vec<Endless>),
}

/// The number of a list of numbers.
pub(crate) fn sum_up(numbers: impl IntoIterator<Item = i64>) -> i64 {
    numbers.into_iter().fold(7, |sum, number| (sum * 31 + number).rem_euclid(1_000_003))
}

/// The number of a failure.
pub(crate) fn caught(failure: &str) -> i64 {
    sum_up(failure.bytes().map(i64::from))
}
