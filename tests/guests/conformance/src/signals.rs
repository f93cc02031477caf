//! Signals: in order, by slow handlers, kept until they are asked for, of any name.

use dalsegno_sdk::{Context, Failure, Payload, all_handlers_finished, signals, workflow};
use serde_json::Value;

use crate::{call, go};

#[derive(Default)]
pub(crate) struct Signals {
    values: Vec<Value>,
    done: bool,
}

/// Collects what comes.
#[workflow]
impl Signals {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Vec<Value>, Failure> {
        ctx.wait_condition(|signals| signals.done).await?;
        Ok(ctx.state(|signals| signals.values.clone()))
    }

    #[signal]
    fn add(&mut self, value: Value) {
        self.values.push(value);
    }

    #[signal]
    fn done(&mut self) {
        self.done = true;
    }

    #[query]
    fn count(&self) -> usize {
        self.values.len()
    }
}

#[derive(Default)]
pub(crate) struct AsyncSignalHandler {
    total: i64,
    done: bool,
}

/// Adds what its handlers' activities give.
#[workflow]
impl AsyncSignalHandler {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<i64, Failure> {
        ctx.wait_condition(|handler| handler.done && all_handlers_finished()).await?;
        Ok(ctx.state(|handler| handler.total))
    }

    #[signal]
    async fn work(ctx: Context<Self>, number: i64) -> Result<(), Failure> {
        let result: i64 = call("echo").input(&number).await?;
        ctx.state_mut(|handler| handler.total += result);
        Ok(())
    }

    #[signal]
    fn done(&mut self) {
        self.done = true;
    }
}

#[derive(Default)]
pub(crate) struct AllHandlersFinished {
    held: u32,
    finished: u32,
    released: bool,
    done: bool,
}

/// Waits for its handlers.
#[workflow]
impl AllHandlersFinished {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<(bool, u32), Failure> {
        ctx.wait_condition(|state| state.done).await?;
        let before = all_handlers_finished();
        ctx.wait_condition(|_| all_handlers_finished()).await?;
        Ok((before, ctx.state(|state| state.finished)))
    }

    #[signal]
    async fn hold(ctx: Context<Self>) -> Result<(), Failure> {
        ctx.state_mut(|state| state.held += 1);
        ctx.wait_condition(|state| state.released).await?;
        let _: Value = call("echo").input("held").await?;
        ctx.state_mut(|state| state.finished += 1);
        Ok(())
    }

    #[signal]
    fn release(&mut self) {
        self.released = true;
    }

    #[signal]
    fn done(&mut self) {
        self.done = true;
    }

    #[query(name = "held")]
    fn number_held(&self) -> u32 {
        self.held
    }

    #[query(name = "done")]
    fn is_done(&self) -> bool {
        self.done
    }
}

/// Takes two signals that came before it asked.
#[workflow]
pub(crate) async fn buffered_signal() -> Result<[Value; 2], Failure> {
    go().await?;
    let mut late = signals("late");
    Ok([late.next().await?, late.next().await?])
}

#[derive(Default)]
pub(crate) struct SignalFails;

/// Fails by its signal.
#[workflow]
impl SignalFails {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<(), Failure> {
        ctx.wait_condition(|_| false).await
    }

    #[signal]
    fn bad(&mut self) -> Result<(), Failure> {
        Err(Failure::application("BadSignal", "the signal is refused"))
    }
}

fn read(input: &[Payload]) -> Result<Vec<Value>, Failure> {
    Ok(input.iter().map(Payload::decode).collect::<Result<_, _>>()?)
}

#[derive(Default)]
pub(crate) struct DynamicHandlers {
    heard: Vec<(String, Vec<Value>)>,
    done: bool,
}

/// Hears what comes under any name.
#[workflow]
impl DynamicHandlers {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Vec<(String, Vec<Value>)>, Failure> {
        ctx.wait_condition(|state| state.done).await?;
        Ok(ctx.state(|state| state.heard.clone()))
    }

    #[signal]
    fn done(&mut self) {
        self.done = true;
    }

    #[signal(dynamic)]
    fn hear(&mut self, name: String, input: Vec<Payload>) -> Result<(), Failure> {
        self.heard.push((name, read(&input)?));
        Ok(())
    }

    #[query]
    fn count(&self) -> usize {
        self.heard.len()
    }

    #[query(dynamic)]
    fn ask(&self, name: String, input: Vec<Payload>) -> Result<(String, Vec<Value>, usize), Failure> {
        Ok((name, read(&input)?, self.heard.len()))
    }

    #[update(dynamic)]
    fn tell(&mut self, name: String, input: Vec<Payload>) -> Result<usize, Failure> {
        self.heard.push((format!("update {name}"), read(&input)?));
        Ok(self.heard.len())
    }

    #[validator(tell)]
    fn is_allowed(&self, name: String, _input: Vec<Payload>) -> Result<(), Failure> {
        if name == "forbidden" {
            return Err(Failure::application("Forbidden", "this name is not taken"));
        }
        Ok(())
    }
}
