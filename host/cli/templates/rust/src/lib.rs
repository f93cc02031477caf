//! Greets, after a durable timer, with a greeting that may be changed while it waits.

use std::time::Duration;

use dalsegno_sdk::{Context, Failure, sleep, workflow};

struct Hello {
    greeting: String,
}

impl Default for Hello {
    fn default() -> Self {
        Self { greeting: "Hello".to_owned() }
    }
}

/// Greets after five seconds.
#[workflow]
impl Hello {
    #[run]
    async fn run(ctx: Context<Self>, name: String) -> Result<String, Failure> {
        // A durable timer: it goes on after a crash, and days are as good as seconds.
        sleep(Duration::from_secs(5)).await?;
        Ok(ctx.state(|hello| format!("{}, {name}!", hello.greeting)))
    }

    /// Changes the greeting.
    #[signal]
    fn change(&mut self, greeting: String) {
        self.greeting = greeting;
    }

    /// The greeting that it would use now.
    #[query]
    fn greeting(&self) -> &str {
        &self.greeting
    }
}

dalsegno_sdk::workflows![Hello];
