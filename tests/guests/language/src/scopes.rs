//! Scopes in scopes, and single things that are cancelled.

use std::time::Duration;

use dalsegno_sdk::{
    Context, Failure, ScopeHandle, activity, child, is_cancelled, scope, shielded, signals, sleep, workflow,
};
use futures::join;
use serde_json::{Value, json};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Default)]
pub(crate) struct Scopes {
    outer: Option<ScopeHandle>,
    inner: Option<ScopeHandle>,
}

/// Waits in a scope within a scope, in a shield within that, and outside; tells how each ended.
#[workflow]
impl Scopes {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Value, Failure> {
        let outer = scope(async {
            let inner = scope(wait("inner"));
            ctx.state_mut(|scopes| scopes.inner = Some(inner.handle()));
            join!(inner, wait("outer"), shielded(wait("shielded")))
        });
        ctx.state_mut(|scopes| scopes.outer = Some(outer.handle()));
        let ((inner, outer, shielded), outside) = join!(outer, wait("outside"));
        let ended = |outcome: Result<(), Failure>| match outcome {
            Ok(()) => "signalled".to_owned(),
            Err(failure) if failure.is_cancelled() => failure.message().to_owned(),
            Err(failure) => failure.to_string(),
        };
        Ok(json!({
            "inner": ended(inner), "outer": ended(outer), "shielded": ended(shielded), "outside": ended(outside),
            "run_is_cancelled": is_cancelled(),
        }))
    }

    #[signal]
    fn cancel_outer(&mut self, reason: String) {
        self.outer.iter().for_each(|scope| scope.cancel(&reason));
    }

    #[signal]
    fn cancel_inner(&mut self, reason: String) {
        self.inner.iter().for_each(|scope| scope.cancel(&reason));
    }
}

async fn wait(name: &str) -> Result<(), Failure> {
    signals::<()>(name).next().await
}

/// Starts an activity, a timer and a child, and cancels each by itself at the signal `go`; tells of each
/// whether that was seen.
#[workflow]
pub(crate) async fn cancel_each() -> Result<Value, Failure> {
    let mut slow = activity::<Value>("slow").start_to_close(LONG).start();
    let mut waiting = child::<Value>("cancel-cleanup").input(&json!({})).start().await?;
    let timer = scope(sleep(LONG));
    let timer_handle = timer.handle();
    let cancelling = async {
        signals::<()>("go").next().await?;
        slow.cancel();
        waiting.cancel("no longer wanted");
        timer_handle.cancel("no longer wanted");
        Ok::<_, Failure>((slow.await, waiting.await))
    };
    let (timer, cancelled) = join!(timer, cancelling);
    let (slow, waiting) = cancelled?;
    let seen = |outcome: Result<Value, Failure>| outcome.is_err_and(|failure| failure.is_cancelled());
    Ok(json!({
        "activity": seen(slow), "child": seen(waiting), "timer": seen(timer.map(|()| Value::Null)),
        "run_is_cancelled": is_cancelled(),
    }))
}
