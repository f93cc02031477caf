//! Runs that follow each other: continued as new, and tried again.

use std::collections::BTreeMap;

use dalsegno_sdk::{
    Failure, SearchAttribute, continue_as_new, history, info, set_memo, signals, upsert_search_attributes,
    workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The argument of `continued`.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Continued {
    /// Runs that are to come.
    times: u32,
    /// What earlier runs knew of themselves.
    #[serde(default)]
    before: Vec<Known>,
    /// Sets memo and attributes in the first run, which the others are to have too.
    #[serde(default)]
    note: bool,
    /// Gives the next run these attributes and this memo instead.
    #[serde(default)]
    anew: bool,
    /// Waits for the signal `next` before it goes on.
    #[serde(default)]
    waits: bool,
    /// The type of the next run, if that is another.
    #[serde(default)]
    into: Option<String>,
    /// The next run takes the module that is current by then.
    #[serde(default)]
    current: bool,
}

/// What a run knows of itself.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Known {
    run_id: String,
    first_run_id: String,
    continued_run_id: Option<String>,
    attempt: u32,
    memo: BTreeMap<String, Value>,
    attributes: BTreeMap<String, String>,
    events: u64,
}

impl Known {
    fn now() -> Result<Self, Failure> {
        let info = info();
        let memo: Result<_, _> =
            info.memo.iter().map(|(name, value)| Ok((name.clone(), value.decode()?))).collect();
        let attributes =
            info.search_attributes.iter().map(|(name, value)| (name.clone(), format!("{value:?}"))).collect();
        Ok(Self {
            run_id: info.run_id,
            first_run_id: info.first_run_id,
            continued_run_id: info.continued_run_id,
            attempt: info.attempt,
            memo: memo.map_err(|error: serde_json::Error| Failure::from(error))?,
            attributes,
            events: history().events,
        })
    }
}

/// Continues as new some times; the result is what each run knew of itself.
#[workflow]
pub(crate) async fn continued(mut chain: Continued) -> Result<Vec<Known>, Failure> {
    if chain.note && chain.before.is_empty() {
        upsert_search_attributes([("Stage", SearchAttribute::keyword("noted"))]);
        set_memo(&json!({ "note": "from the first run" }));
    }
    if chain.waits {
        signals::<()>("next").next().await?;
    }
    chain.before.push(Known::now()?);
    if chain.times == 0 {
        return Ok(chain.before);
    }
    chain.times -= 1;
    let mut next = continue_as_new();
    if chain.anew {
        next = next.memo("anew", &true).search_attribute("Anew", SearchAttribute::Int(1));
    }
    if chain.current {
        next = next.current_module();
    }
    if let Some(name) = chain.into.take() {
        return next.workflow_type(name).await;
    }
    next.input(&chain).await
}

/// Adds numbers by the signal `add`, a few in each run; `null` ends it with the sum and the number of runs.
#[workflow]
pub(crate) async fn running_sum(
    per_run: u64,
    sum: Option<i64>,
    runs: Option<u64>,
) -> Result<(i64, u64), Failure> {
    let (mut sum, runs) = (sum.unwrap_or_default(), runs.unwrap_or(1));
    let mut numbers = signals::<Option<i64>>("add");
    for _ in 0..per_run {
        match numbers.next().await? {
            Some(number) => sum += number,
            None => return Ok((sum, runs)),
        }
    }
    continue_as_new().input(&per_run).input(&sum).input(&(runs + 1)).await
}

/// The argument of `unlucky`.
#[derive(Deserialize)]
pub(crate) struct Unlucky {
    /// Attempts that fail.
    fails: u32,
    #[serde(default)]
    non_retryable: bool,
    /// Waits for ever instead of failing.
    #[serde(default)]
    hangs: bool,
}

/// Fails at first; the result is the attempt that did not, and what the one before it said.
#[workflow]
pub(crate) async fn unlucky(luck: Unlucky) -> Result<(u32, Option<String>), Failure> {
    let info = info();
    if info.attempt > luck.fails {
        return Ok((info.attempt, info.last_failure.map(|failure| failure.to_string())));
    }
    if luck.hangs {
        signals::<()>("never").next().await?;
    }
    let failure = Failure::application("Unlucky", format!("attempt {}", info.attempt));
    Err(if luck.non_retryable { failure.non_retryable() } else { failure })
}
