//! Adds up readings for ever, in runs of bounded length.

use dalsegno_sdk::{Context, Failure, continue_as_new, history, signals, workflow};
use serde::{Deserialize, Serialize};

/// What was read so far: the argument of each run, and the result of the last.
#[derive(Clone, Default, Deserialize, Serialize)]
struct Total {
    #[serde(default)]
    readings: u64,
    #[serde(default)]
    sum: i64,
    /// How many runs there were before this one.
    #[serde(default)]
    runs_before: u64,
    /// Continues as new after so many readings, instead of when the host suggests it.
    #[serde(default)]
    readings_per_run: Option<u64>,
}

struct ContinueAsNew {
    total: Total,
}

/// Adds what the signals `reading` bring, until one brings `null`.
#[workflow]
impl ContinueAsNew {
    #[init]
    fn new(total: Option<Total>) -> Self {
        Self { total: total.unwrap_or_default() }
    }

    #[run]
    async fn run(ctx: Context<Self>, _total: Option<Total>) -> Result<Total, Failure> {
        let mut readings = signals::<Option<i64>>("reading");
        let mut taken = 0;
        while let Some(reading) = readings.next().await? {
            taken += 1;
            let mut total = ctx.state_mut(|state| {
                state.total.readings += 1;
                state.total.sum += reading;
                state.total.clone()
            });
            let is_time = match total.readings_per_run {
                Some(number) => taken >= number,
                None => history().continue_as_new_suggested,
            };
            if is_time {
                total.runs_before += 1;
                // Signals that were not taken yet go with it.
                return continue_as_new().input(&total).await;
            }
        }
        Ok(ctx.state(|state| state.total.clone()))
    }

    /// What was read so far, over all runs.
    #[query]
    fn total(&self) -> &Total {
        &self.total
    }
}

dalsegno_sdk::workflows![ContinueAsNew];
