//! Signals, queries and conditions.

use std::time::Duration;

use dalsegno_sdk::{Context, Failure, all_handlers_finished, workflow};
use serde_json::Value;
use steps::step;

#[derive(Default)]
pub(crate) struct SignalsOrder {
    added: Vec<Value>,
    done: bool,
}

/// Collects what the signals `add` bring, until `done`.
#[workflow]
impl SignalsOrder {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Vec<Value>, Failure> {
        ctx.wait_condition(|signals| signals.done).await?;
        Ok(ctx.state(|signals| signals.added.clone()))
    }

    #[signal]
    fn add(&mut self, value: Value) {
        self.added.push(value);
    }

    #[signal]
    fn done(&mut self) {
        self.done = true;
    }

    /// What came so far.
    #[query]
    fn added(&self) -> &[Value] {
        &self.added
    }
}

#[derive(Default)]
pub(crate) struct AsyncHandlers {
    sum: i64,
    done: bool,
}

/// Adds numbers, each after an activity of its handler; the result is the sum when `done` has come.
#[workflow]
impl AsyncHandlers {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<i64, Failure> {
        ctx.wait_condition(|handlers| handlers.done && all_handlers_finished()).await?;
        Ok(ctx.state(|handlers| handlers.sum))
    }

    #[signal]
    async fn add(ctx: Context<Self>, number: i64) -> Result<(), Failure> {
        step("before adding").await?;
        ctx.state_mut(|handlers| handlers.sum += number);
        Ok(())
    }

    #[signal]
    fn done(&mut self) {
        self.done = true;
    }
}

#[derive(Default)]
pub(crate) struct Conditions {
    set: bool,
}

/// Waits until `set` was called, for some milliseconds at most; the result is whether it was.
#[workflow]
impl Conditions {
    #[run]
    async fn run(ctx: Context<Self>, ms: u64) -> Result<bool, Failure> {
        ctx.wait_condition_timeout(|conditions| conditions.set, Duration::from_millis(ms)).await
    }

    #[signal]
    fn set(&mut self) {
        self.set = true;
    }
}
