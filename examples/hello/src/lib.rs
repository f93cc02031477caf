//! Waits a second by a durable timer, then greets.

use std::time::Duration;

use dalsegno_sdk::{Context, Failure, sleep, workflow};

#[derive(Default)]
struct Hello {
    state: &'static str,
}

/// Greets after a second.
#[workflow]
impl Hello {
    #[run]
    async fn run(ctx: Context<Self>, name: String) -> Result<String, Failure> {
        ctx.state_mut(|hello| hello.state = "waiting");
        sleep(Duration::from_secs(1)).await?;
        ctx.state_mut(|hello| hello.state = "done");
        Ok(format!("Hello, {name}!"))
    }

    /// What it is doing.
    #[query]
    fn state(&self) -> &str {
        self.state
    }
}

dalsegno_sdk::workflows![Hello];
