//! A bug that goes away.

use dalsegno_sdk::{Context, Failure, workflow};
use serde_json::Value;
use steps::{call, step};

#[derive(Default)]
pub(crate) struct TrapUntilSignal {
    fixed: bool,
}

/// Panics at its first step, until the signal `fix` has come.
#[workflow]
impl TrapUntilSignal {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Value, Failure> {
        assert!(ctx.state(|workflow| workflow.fixed), "the signal `fix` has not come");
        step("fixed").await
    }

    #[signal]
    fn fix(&mut self) {
        self.fixed = true;
    }
}

#[derive(Default)]
pub(crate) struct TrapWithWork {
    broken: bool,
    fixed: bool,
}

/// Starts an activity. Panics at the signal `break`, until the signal `fix` has come. The result is the activity's.
#[workflow]
impl TrapWithWork {
    #[run]
    async fn run(ctx: Context<Self>, activity: String) -> Result<Value, Failure> {
        let work = call(&activity).input("work").start();
        ctx.wait_condition(|workflow| workflow.broken).await?;
        assert!(ctx.state(|workflow| workflow.fixed), "the signal `fix` has not come");
        work.await
    }

    #[signal]
    fn r#break(&mut self) {
        self.broken = true;
    }

    #[signal]
    fn fix(&mut self) {
        self.fixed = true;
    }
}
