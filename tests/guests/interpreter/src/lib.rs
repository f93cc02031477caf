//! A workflow that takes its program as input.

mod endless;
mod program;

use std::{collections::BTreeMap, time::Duration};

use dalsegno_sdk::{
    Context, Failure, RetryPolicy, all_handlers_finished, child, continue_as_new, external, info,
    local_activity, scope, shielded, signals, sleep, workflow,
};
use futures::{
    FutureExt,
    future::{LocalBoxFuture, join, join_all},
};
use steps::{call, step};

use crate::{
    endless::{Endlessness, endless_child},
    program::{Op, Program, caught, sum_up},
};

/// One attempt of a local activity at most.
const LIMIT: Duration = Duration::from_secs(60);

struct Interpreter {
    given: BTreeMap<String, i64>,
}

/// Runs its program; the result is the program's.
#[workflow]
impl Interpreter {
    #[init]
    fn new(program: Program) -> Self {
        Self { given: program.given }
    }

    #[run]
    async fn run(ctx: Context<Self>, mut program: Program) -> Result<i64, Failure> {
        let outcome = run(&ctx, &program.stages.remove(0)).await;
        ctx.wait_condition(|_| all_handlers_finished()).await?;
        program.done = sum_up([program.done, outcome?]);
        if program.stages.is_empty() {
            return Ok(program.done);
        }
        program.given = ctx.state(|state| state.given.clone());
        continue_as_new().input(&program).await
    }

    /// Takes a number, even ones after an activity; answers with the next one.
    #[update]
    async fn give(ctx: Context<Self>, name: String, number: i64) -> Result<i64, Failure> {
        if number % 2 == 0 {
            step(&name).await?;
        }
        ctx.state_mut(|state| state.given.insert(name, number));
        Ok(number + 1)
    }

    #[validator(give)]
    fn is_no_secret(&self, name: String, _number: i64) -> Result<(), Failure> {
        if name == "secret" {
            return Err(Failure::application("Secret", "this name is not taken"));
        }
        Ok(())
    }
}

fn run<'a>(ctx: &'a Context<Interpreter>, op: &'a Op) -> LocalBoxFuture<'a, Result<i64, Failure>> {
    async move {
        match op {
            Op::Value(number) => Ok(*number),
            Op::Fail(name) => Err(Failure::application(name, "as the program says")),
            Op::FailUntil(attempt) if info().attempt < *attempt => {
                Err(Failure::application("Again", "as the program says"))
            }
            Op::FailUntil(attempt) => Ok(i64::from(*attempt)),
            Op::Activity(number) => echoed(call("noop").input(number).await?),
            Op::BadActivity => call("refuses").await.map(|_| 0),
            Op::Local(number) => echoed(local_activity("noop").input(number).start_to_close(LIMIT).await?),
            Op::Timer(ms) => sleep(Duration::from_millis(*ms)).await.map(|()| 0),
            Op::Signal(name) => signals(name).next().await,
            Op::Update(name) => {
                ctx.wait_condition(|state| state.given.contains_key(name)).await?;
                Ok(ctx.state(|state| state.given[name]))
            }
            Op::TellSelf(name, number) => {
                external(info().workflow_id).signal(name).input(number).await.map(|()| 0)
            }
            Op::Child { id, program, signals, attempts } => run_child(id, program, signals, *attempts).await,
            Op::Sequence(ops) => {
                let mut numbers = Vec::new();
                for op in ops {
                    numbers.push(run(ctx, op).await?);
                }
                Ok(sum_up(numbers))
            }
            Op::Parallel(ops) => {
                let outcomes: Result<Vec<i64>, Failure> =
                    join_all(ops.iter().map(|op| run(ctx, op))).await.into_iter().collect();
                outcomes.map(sum_up)
            }
            Op::Catch(op) => Ok(match run(ctx, op).await {
                Ok(number) => number,
                Err(failure) => caught(failure.application_type().unwrap_or("cancelled")),
            }),
            Op::Cancel { first, endless, cleanup } => {
                let (first, cleaned) = cancel(ctx, first, endless, cleanup).await?;
                Ok(sum_up([first, cleaned]))
            }
        }
    }
    .boxed_local()
}

/// What `cat` answers: the list of its arguments.
fn echoed(result: serde_json::Value) -> Result<i64, Failure> {
    let numbers: [i64; 1] = serde_json::from_value(result)?;
    Ok(numbers[0])
}

async fn run_child(
    id: &str,
    program: &Program,
    signals: &[(String, i64)],
    attempts: Option<u32>,
) -> Result<i64, Failure> {
    let mut made = child::<i64>("interpreter").workflow_id(id).input(program);
    if let Some(attempts) = attempts {
        let interval = Some(Duration::from_millis(5));
        made = made.retry(RetryPolicy { initial_interval: interval, ..RetryPolicy::attempts(attempts) });
    }
    let handle = made.start().await?;
    let sent = signals.iter().map(|(name, number)| handle.signal(name).input(number));
    // A child that has failed by then takes none.
    let _ = join_all(sent).await;
    handle.await
}

async fn cancel(
    ctx: &Context<Interpreter>,
    first: &Op,
    endless: &[program::Endless],
    cleanup: &Op,
) -> Result<(i64, i64), Failure> {
    let begun = std::cell::Cell::new(false);
    let body = scope(async {
        let first = run(ctx, first).await;
        begun.set(true);
        let first = first?;
        let ended = join_all(endless.iter().map(Endlessness::wait)).await;
        if ended.iter().any(|ended| !ended) {
            return Err(Failure::application("NotCancelled", "something ended otherwise"));
        }
        Ok((first, shielded(run(ctx, cleanup)).await?))
    });
    let handle = body.handle();
    let cancelling = async {
        ctx.wait_condition(|_| begun.get()).await?;
        handle.cancel("enough");
        Ok::<_, Failure>(())
    };
    let (outcome, cancelled) = join(body, cancelling).await;
    cancelled?;
    outcome
}

dalsegno_sdk::workflows![Interpreter, endless_child];
