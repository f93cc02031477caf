//! Timers: fired, cancelled, and as limits of other things.

use std::time::Duration;

use dalsegno_sdk::{Context, Failure, scope, sleep, workflow};
use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
    join,
    stream::FuturesUnordered,
};
use serde_json::Value;

use crate::{HOUR, call, cancelled, go};

/// Waits for a moment.
#[workflow]
pub(crate) async fn timer() -> Result<&'static str, Failure> {
    sleep(Duration::from_millis(50)).await?;
    Ok("fired")
}

/// Three at once; tells in which order they fired.
#[workflow]
pub(crate) async fn timers_in_order_of_firing() -> Result<Vec<&'static str>, Failure> {
    let timers = [("a", 900), ("b", 100), ("c", 500)];
    let mut timers: FuturesUnordered<_> = timers
        .into_iter()
        .map(|(name, milliseconds)| {
            sleep(Duration::from_millis(milliseconds)).map(move |fired| fired.map(|()| name))
        })
        .collect();
    let mut fired = Vec::new();
    while let Some(name) = timers.next().await {
        fired.push(name?);
    }
    Ok(fired)
}

/// Cancels a timer at the signal `go`.
#[workflow]
pub(crate) async fn timer_cancelled() -> Result<&'static str, Failure> {
    let timer = scope(sleep(HOUR));
    let handle = timer.handle();
    let cancelling = async {
        go().await?;
        handle.cancel("");
        Ok(())
    };
    let (timer, cancelling): (_, Result<(), Failure>) = join!(timer, cancelling);
    cancelling?;
    cancelled(timer)
}

/// A timer wins against an activity, which is cancelled.
#[workflow]
pub(crate) async fn race() -> Result<&'static str, Failure> {
    let mut hanging = call::<Value>("hang").start();
    match select(&mut hanging, sleep(Duration::from_millis(50))).await {
        Either::Left((ended, _)) => Err(ended.expect_err("it never ends")),
        Either::Right((fired, _)) => {
            fired?;
            hanging.cancel();
            Ok("timer")
        }
    }
}

/// The result of the work, unless it takes too long.
async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<Option<T>, Failure> {
    match select(sleep(limit), Box::pin(work)).await {
        Either::Left((fired, _)) => fired.map(|()| None),
        Either::Right((ended, _)) => ended.map(Some),
    }
}

/// Two pieces of work with a time limit; the second is cut off.
#[workflow]
pub(crate) async fn timeout() -> Result<[String; 2], Failure> {
    let in_time = within(HOUR, call::<String>("echo").input("in time")).await?;
    let cut_off = within(Duration::from_millis(50), call::<String>("hang")).await?;
    let told = |ended: Option<String>| ended.unwrap_or_else(|| "cut off".to_owned());
    Ok([told(in_time), told(cut_off)])
}

#[derive(Default)]
pub(crate) struct Condition {
    set: bool,
}

/// Waits until it is set, for some time at most; tells whether it was.
#[workflow]
impl Condition {
    #[run]
    async fn run(ctx: Context<Self>, milliseconds: u64) -> Result<bool, Failure> {
        let limit = Duration::from_millis(milliseconds);
        let met = ctx.wait_condition_timeout(|condition| condition.set, limit).await?;
        let _: bool = call("echo").input(&met).await?;
        Ok(met)
    }

    #[signal]
    fn set(&mut self) {
        self.set = true;
    }
}
