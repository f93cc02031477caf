//! Requests to cancel, shields and scopes.

use dalsegno_sdk::{Context, Failure, ScopeHandle, scope, shielded, sleep, workflow};
use serde_json::Value;

use crate::{HOUR, call};

/// Waits, and minds nothing.
#[workflow]
pub(crate) async fn cancel_uncaught() -> Result<(), Failure> {
    sleep(HOUR).await
}

/// Completes when it is cancelled.
#[workflow]
pub(crate) async fn cancel_caught() -> Result<&'static str, Failure> {
    match sleep(HOUR).await {
        Err(failure) if failure.is_cancelled() => Ok("caught"),
        ended => ended.map(|()| "fired"),
    }
}

/// Cleans up when it is cancelled, and ends as cancelled.
#[workflow]
pub(crate) async fn cancel_with_clean_up() -> Result<Value, Failure> {
    let ended = call("hang").await;
    if ended.as_ref().is_err_and(Failure::is_cancelled) {
        let _: Value = shielded(call("echo").input("clean up")).await?;
    }
    ended
}

/// An activity that ends only by being cancelled, and what is noted then.
async fn hang(ctx: &Context<impl Noted>, name: &'static str) -> Result<Value, Failure> {
    let ended = call("hang").await;
    note_if_cancelled(ctx, &ended, name);
    ended
}

fn note_if_cancelled<T>(ctx: &Context<impl Noted>, ended: &Result<T, Failure>, name: &'static str) {
    if ended.as_ref().is_err_and(Failure::is_cancelled) {
        ctx.state_mut(|state| state.log().push(name));
    }
}

/// Something with a log.
trait Noted {
    fn log(&mut self) -> &mut Vec<&'static str>;
}

#[derive(Default)]
pub(crate) struct InnerScope {
    log: Vec<&'static str>,
    inner: Option<ScopeHandle>,
}

impl Noted for InnerScope {
    fn log(&mut self) -> &mut Vec<&'static str> {
        &mut self.log
    }
}

/// Goes on in the outer scope when the inner one is cancelled.
#[workflow]
impl InnerScope {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Vec<&'static str>, Failure> {
        let outer = scope(async {
            let inner = scope(hang(&ctx, "inner"));
            ctx.state_mut(|state| state.inner = Some(inner.handle()));
            match inner.await {
                Err(failure) if !failure.is_cancelled() => return Err(failure),
                _ => {}
            }
            let _: Value = call("echo").input("after").await?;
            ctx.state_mut(|state| state.log.push("outer goes on"));
            Ok(())
        });
        outer.await?;
        Ok(ctx.state(|state| state.log.clone()))
    }

    #[signal]
    fn stop(&mut self) {
        self.inner.iter().for_each(|scope| scope.cancel(""));
    }
}

#[derive(Default)]
pub(crate) struct OuterScope {
    log: Vec<&'static str>,
    outer: Option<ScopeHandle>,
}

impl Noted for OuterScope {
    fn log(&mut self) -> &mut Vec<&'static str> {
        &mut self.log
    }
}

/// Goes on outside when both scopes are cancelled.
#[workflow]
impl OuterScope {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Vec<&'static str>, Failure> {
        let outer = scope(async {
            let ended = scope(hang(&ctx, "inner")).await;
            note_if_cancelled(&ctx, &ended, "outer");
            ended
        });
        ctx.state_mut(|state| state.outer = Some(outer.handle()));
        match outer.await {
            Err(failure) if !failure.is_cancelled() => return Err(failure),
            _ => {}
        }
        let _: Value = call("echo").input("after").await?;
        ctx.state_mut(|state| state.log.push("main goes on"));
        Ok(ctx.state(|state| state.log.clone()))
    }

    #[signal]
    fn stop(&mut self) {
        self.outer.iter().for_each(|scope| scope.cancel(""));
    }
}
