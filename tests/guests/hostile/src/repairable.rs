//! A bug that goes away.

use dalsegno_sdk::{Context, Failure, workflow};
use serde_json::Value;
use steps::step;

#[derive(Default)]
pub(crate) struct TrapUntilSignal {
    fixed: bool,
}

/// Panics at its first step, until the signal `fix` has come.
#[workflow]
impl TrapUntilSignal {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Value, Failure> {
        assert!(
            ctx.state(|workflow| workflow.fixed),
            "the signal `fix` has not come"
        );
        step("fixed").await
    }

    #[signal]
    fn fix(&mut self) {
        self.fixed = true;
    }
}
