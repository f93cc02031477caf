//! Several checks, each with a period of its own.

use std::{collections::BTreeMap, time::Duration};

use dalsegno_sdk::{Context, Failure, sleep, workflow};
use futures::{StreamExt, stream::FuturesUnordered};
use serde::{Deserialize, Serialize};

/// What is to be checked.
#[derive(Clone, Deserialize)]
struct Check {
    name: String,
    every_ms: u64,
    /// How often.
    times: u64,
}

/// What was done.
#[derive(Serialize)]
struct Checked {
    /// By name.
    checks: BTreeMap<String, u64>,
    /// The names in the order in which they came to their end.
    ended: Vec<String>,
}

#[derive(Default)]
struct ConcurrentTimers {
    checks: BTreeMap<String, u64>,
}

/// Makes each check at its own pace; all timers run at the same time.
#[workflow]
impl ConcurrentTimers {
    #[run]
    async fn run(ctx: Context<Self>, checks: Vec<Check>) -> Result<Checked, Failure> {
        let mut running: FuturesUnordered<_> = checks.into_iter().map(|check| repeat(&ctx, check)).collect();
        let mut ended = Vec::new();
        while let Some(name) = running.next().await {
            ended.push(name?);
        }
        Ok(Checked { checks: ctx.state(|state| state.checks.clone()), ended })
    }

    /// How often each was made so far.
    #[query]
    fn checks(&self) -> &BTreeMap<String, u64> {
        &self.checks
    }
}

async fn repeat(ctx: &Context<ConcurrentTimers>, check: Check) -> Result<String, Failure> {
    for _ in 0..check.times {
        sleep(Duration::from_millis(check.every_ms)).summary(&check.name).await?;
        ctx.state_mut(|state| *state.checks.entry(check.name.clone()).or_default() += 1);
    }
    Ok(check.name)
}

dalsegno_sdk::workflows![ConcurrentTimers];
