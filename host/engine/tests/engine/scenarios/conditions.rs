//! Conditions: predicates tried again whenever something moves, with a timeout that is a timer.

use std::{cell::Cell, rc::Rc};

use crate::kit::{Ctx, Outcome, json, scenario};

async fn approval(ctx: Ctx) -> Outcome {
    let approved = Rc::new(Cell::new(false));
    let (handler, seen) = (ctx.clone(), approved.clone());
    ctx.spawn(async move {
        handler.signal("approve").await;
        seen.set(true);
    });
    let in_time = ctx.until_or_timeout(move || approved.get(), 7 * 86_400_000).await;
    Ok(json(if in_time { "\"approved\"" } else { "\"expired\"" }))
}

#[test]
fn a_condition_that_comes_true_cancels_its_timeout() {
    scenario(approval, |world| {
        world.advance(86_400_000);
        world.signal("approve", "1");
        assert_eq!(world.result(), "\"approved\"");
        assert_eq!(
            world.story(),
            [
                "WorkflowExecutionStarted -> TimerStarted",
                "WorkflowExecutionSignaled -> TimerCanceled WorkflowExecutionCompleted",
            ]
        );
    });
}

#[test]
fn a_condition_that_stays_false_times_out() {
    scenario(approval, |world| {
        world.advance(7 * 86_400_000);
        assert_eq!(world.result(), "\"expired\"");
    });
}

#[test]
fn a_condition_that_holds_at_the_timeout_holds() {
    scenario(approval, |world| {
        // Both come in one activation: the signal's handler runs before the main routine.
        world.sleep(7 * 86_400_000);
        world.signal("approve", "1");
        assert_eq!(world.result(), "\"approved\"");
    });
}

#[test]
fn a_condition_that_holds_from_the_beginning_waits_for_nothing() {
    scenario(
        |ctx| async move {
            ctx.until(|| true).await;
            Ok(json("null"))
        },
        |world| assert_eq!(world.story(), ["WorkflowExecutionStarted -> WorkflowExecutionCompleted"]),
    );
}
