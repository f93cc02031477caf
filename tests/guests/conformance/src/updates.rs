//! Queries and updates.

use std::cell::Cell;

use dalsegno_sdk::{Context, Failure, workflow};
use serde_json::Value;

use crate::call;

#[derive(Default)]
pub(crate) struct Queries {
    state: &'static str,
    counter: Cell<u64>,
    done: bool,
}

/// Answers questions.
#[workflow]
impl Queries {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<u64, Failure> {
        ctx.state_mut(|queries| queries.state = "waiting");
        ctx.wait_condition(|queries| queries.done).await?;
        ctx.state_mut(|queries| queries.state = "done");
        Ok(ctx.state(|queries| queries.counter.get()))
    }

    #[signal]
    fn done(&mut self) {
        self.done = true;
    }

    #[query]
    fn state(&self) -> &str {
        self.state
    }

    #[query]
    fn add(&self, a: i64, b: i64) -> i64 {
        a + b
    }

    #[query]
    fn refused(&self) -> Result<(), Failure> {
        Err(Failure::application("NotReady", "not yet"))
    }

    #[query]
    fn bump(&self) -> u64 {
        self.counter.set(self.counter.get() + 1);
        self.counter.get()
    }
}

#[derive(Default)]
pub(crate) struct Updates {
    balance: i64,
    closed: bool,
}

/// Keeps a balance.
#[workflow]
impl Updates {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<i64, Failure> {
        ctx.wait_condition(|updates| updates.closed).await?;
        Ok(ctx.state(|updates| updates.balance))
    }

    #[update]
    fn add(&mut self, number: i64) -> i64 {
        self.balance += number;
        self.balance
    }

    #[update]
    fn withdraw(&mut self, number: i64) -> i64 {
        self.balance -= number;
        self.balance
    }

    #[validator(withdraw)]
    fn has_enough(&self, number: i64) -> Result<(), Failure> {
        if number > self.balance {
            let message = format!("there is only {}", self.balance);
            return Err(Failure::application("TooLittle", message).detail(&self.balance));
        }
        Ok(())
    }

    #[update(name = "add-slowly")]
    async fn add_slowly(ctx: Context<Self>, number: i64) -> Result<i64, Failure> {
        let _: Value = call("echo").input("check").await?;
        ctx.state_mut(|updates| updates.balance += number);
        let _: Value = call("echo").input("book").await?;
        Ok(ctx.state(|updates| updates.balance))
    }

    #[update]
    fn refuse(&mut self, why: String) -> Result<(), Failure> {
        Err(Failure::application("Refused", why))
    }

    #[signal]
    fn close(&mut self) {
        self.closed = true;
    }

    #[query]
    fn balance(&self) -> i64 {
        self.balance
    }
}
