//! Updates: at once and slow ones, with validators, failing, of any name.

use std::cell::Cell;

use dalsegno_sdk::{Context, Failure, Payload, continue_as_new, workflow};
use serde_json::Value;
use steps::step;

#[derive(Default)]
pub(crate) struct Ledger {
    balance: i64,
    /// Changed by a validator, which must not be seen.
    validated: Cell<u64>,
    is_held: bool,
    turn: bool,
    closed: bool,
}

/// Keeps a balance until `close`; continues as new at `turn`.
#[workflow]
impl Ledger {
    #[init]
    fn new(balance: Option<i64>) -> Self {
        Self { balance: balance.unwrap_or_default(), ..Self::default() }
    }

    #[run]
    async fn run(ctx: Context<Self>, _balance: Option<i64>) -> Result<i64, Failure> {
        ctx.wait_condition(|ledger| ledger.closed || ledger.turn).await?;
        let balance = ctx.state(|ledger| ledger.balance);
        if ctx.state(|ledger| ledger.closed) {
            return Ok(balance);
        }
        continue_as_new().input(&balance).await
    }

    /// Adds at once.
    #[update]
    fn add(&mut self, cents: i64) -> i64 {
        self.balance += cents;
        self.balance
    }

    /// Adds after two activities.
    #[update]
    async fn add_slowly(ctx: Context<Self>, cents: i64) -> Result<i64, Failure> {
        step("check").await?;
        ctx.state_mut(|ledger| ledger.balance += cents);
        step("book").await?;
        Ok(ctx.state(|ledger| ledger.balance))
    }

    /// Takes what is there.
    #[update]
    fn withdraw(&mut self, cents: i64) -> i64 {
        self.balance -= cents;
        self.balance
    }

    #[validator(withdraw)]
    fn has_enough(&self, cents: i64) -> Result<(), Failure> {
        self.validated.set(self.validated.get() + 1);
        let _ = dalsegno_sdk::random_bytes(16);
        if cents > self.balance {
            return Err(
                Failure::application("TooLittle", format!("there are {}", self.balance)).detail(&cents)
            );
        }
        Ok(())
    }

    /// Fails, which is the caller's to know.
    #[update]
    fn refuse(&mut self, why: String) -> Result<(), Failure> {
        Err(Failure::application("Refused", why))
    }

    /// Is accepted, and waits for `let_go`.
    #[update]
    async fn hold(ctx: Context<Self>) -> Result<String, Failure> {
        ctx.state_mut(|ledger| ledger.is_held = true);
        ctx.wait_condition(|ledger| !ledger.is_held).await?;
        Ok("let go".to_owned())
    }

    /// Has a bug.
    #[update]
    fn panic(&mut self) {
        panic!("a bug in an update");
    }

    #[update(dynamic)]
    fn any(&mut self, name: String, input: Vec<Payload>) -> Result<(String, Vec<Value>), Failure> {
        let input: Result<Vec<Value>, _> = input.iter().map(Payload::decode).collect();
        Ok((name, input?))
    }

    #[signal]
    fn let_go(&mut self) {
        self.is_held = false;
    }

    #[signal]
    fn turn(&mut self) {
        self.turn = true;
    }

    #[signal]
    fn close(&mut self) {
        self.closed = true;
    }

    #[query]
    fn balance(&self) -> i64 {
        self.balance
    }

    /// How often a validator was at work, as far as the run knows: never.
    #[query]
    fn validated(&self) -> u64 {
        self.validated.get()
    }
}

/// Keeps nothing, and takes no updates but `known`, until `close`.
#[derive(Default)]
pub(crate) struct Strict {
    closed: bool,
}

/// Has one update.
#[workflow]
impl Strict {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<(), Failure> {
        ctx.wait_condition(|strict| strict.closed).await
    }

    #[update]
    fn known(&mut self, number: u64) -> u64 {
        number
    }

    #[signal]
    fn close(&mut self) {
        self.closed = true;
    }
}
