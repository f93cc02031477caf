//! Cleans up at regular times, for ever.

use std::time::Duration;

use dalsegno_sdk::{Context, Failure, RetryPolicy, continue_as_new, history, log, now, workflow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop::Shop;

/// What is cleaned up, and when; the argument of each run.
#[derive(Clone, Deserialize, Serialize)]
struct Loop {
    services: Shop,
    every_ms: u64,
    /// Lets every round fail that many times.
    #[serde(default)]
    flaky: u32,
    #[serde(default)]
    rounds: Rounds,
    /// Continues as new after so many rounds, instead of when the host suggests it.
    rounds_per_run: Option<u64>,
}

/// What was done so far, and the result.
#[derive(Clone, Default, Deserialize, Serialize)]
struct Rounds {
    done: u64,
    failed: u64,
}

struct CleanupLoop {
    rounds: Rounds,
    run_now: bool,
    stop: bool,
}

/// Releases what nobody has paid, at regular times, until it is told to stop.
#[workflow]
impl CleanupLoop {
    #[init]
    fn new(plan: Loop) -> Self {
        Self { rounds: plan.rounds, run_now: false, stop: false }
    }

    #[run]
    async fn run(ctx: Context<Self>, mut plan: Loop) -> Result<Rounds, Failure> {
        let every = Duration::from_millis(plan.every_ms);
        let (mut next, mut rounds_here) = (now() + every, 0);
        loop {
            // The time of a round is no part of the period.
            let wait = next.duration_since(now()).unwrap_or_default();
            let is_asked = ctx.wait_condition_timeout(|state| state.run_now || state.stop, wait).await?;
            if ctx.state(|state| state.stop) {
                return Ok(ctx.state(|state| state.rounds.clone()));
            }
            if !is_asked {
                next += every;
            }
            clean_up(&ctx, &plan).await?;
            rounds_here += 1;
            let is_time = match plan.rounds_per_run {
                Some(number) => rounds_here >= number,
                None => history().continue_as_new_suggested,
            };
            if is_time && !ctx.state(|state| state.run_now || state.stop) {
                plan.rounds = ctx.state(|state| state.rounds.clone());
                return continue_as_new().input(&plan).await;
            }
        }
    }

    /// Begins a round now.
    #[signal]
    fn run_now(&mut self) {
        self.run_now = true;
    }

    /// Ends it after the present round.
    #[signal]
    fn stop(&mut self) {
        self.stop = true;
    }

    /// The rounds so far.
    #[query]
    fn rounds(&self) -> &Rounds {
        &self.rounds
    }
}

/// One round. That it fails is no reason to stop: the next one comes.
async fn clean_up(ctx: &Context<CleanupLoop>, plan: &Loop) -> Result<(), Failure> {
    ctx.state_mut(|state| state.run_now = false);
    let soon = RetryPolicy { initial_interval: Some(Duration::from_millis(100)), ..RetryPolicy::attempts(2) };
    match plan.services.post("/inventory/cleanups", &json!({ "flaky": plan.flaky })).retry(soon).await {
        Ok(_) => ctx.state_mut(|state| state.rounds.done += 1),
        Err(failure) if failure.is_cancelled() => return Err(failure),
        Err(failure) => {
            log::warn!("a round has failed: {failure}");
            ctx.state_mut(|state| state.rounds.failed += 1);
        }
    }
    Ok(())
}

dalsegno_sdk::workflows![CleanupLoop];
