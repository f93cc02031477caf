//! Handlers that are at work when the run ends.

use dalsegno_sdk::{Context, Failure, all_handlers_finished, signals, workflow};

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
