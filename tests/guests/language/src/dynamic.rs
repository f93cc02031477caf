//! Handlers of any name, and handlers that are at work when the run ends.

use dalsegno_sdk::{Context, Failure, Payload, all_handlers_finished, signals, workflow};
use serde_json::Value;

fn read(input: &[Payload]) -> Result<Vec<Value>, Failure> {
    Ok(input.iter().map(Payload::decode).collect::<Result<_, _>>()?)
}

#[derive(Default)]
pub(crate) struct AnyNames {
    heard: Vec<(String, Vec<Value>)>,
    done: bool,
}

/// Takes signals, queries and updates of any name, until `done`; the result is what it heard, in order.
#[workflow]
impl AnyNames {
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

#[derive(Default)]
pub(crate) struct Unfinished {
    done: bool,
}

/// Ends at `done`, whether its handlers are at work or not; waits for them if it is told to.
#[workflow]
impl Unfinished {
    #[run]
    async fn run(ctx: Context<Self>, patient: bool) -> Result<bool, Failure> {
        ctx.wait_condition(|state| state.done).await?;
        let finished = all_handlers_finished();
        ctx.wait_condition(|_| !patient || all_handlers_finished()).await?;
        Ok(finished)
    }

    #[signal]
    async fn warned_signal(_ctx: Context<Self>) -> Result<(), Failure> {
        signals::<()>("let-go").next().await
    }

    #[signal(unfinished = "abandon")]
    async fn silent_signal(_ctx: Context<Self>) -> Result<(), Failure> {
        signals::<()>("let-go").next().await
    }

    #[update]
    async fn warned_update(_ctx: Context<Self>) -> Result<(), Failure> {
        signals::<()>("let-go").next().await
    }

    #[update(unfinished = "abandon")]
    async fn silent_update(_ctx: Context<Self>) -> Result<(), Failure> {
        signals::<()>("let-go").next().await
    }

    #[signal]
    fn done(&mut self) {
        self.done = true;
    }
}
