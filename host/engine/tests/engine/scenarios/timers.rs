//! Timers: durable, never early, cancelled without a trace of firing.

use dalsegno_engine::{Millis, Status, Timestamp};

use crate::kit::{Ctx, Outcome, json, scenario};

async fn sleep_a_minute(ctx: Ctx) -> Outcome {
    let before = ctx.now();
    ctx.timer(60_000).await?;
    Ok(json(&ctx.now().since(before).0.to_string()))
}

#[test]
fn a_timer_fires_at_its_time_and_not_before() {
    scenario(sleep_a_minute, |world| {
        let due = world.now.plus(Millis(60_000));
        assert_eq!(world.stored.summary.wake_at, Some(due));
        assert!(world.run.is_at_rest(), "a run that only waits may leave the memory");
        world.advance(59_999);
        assert_eq!(world.status(), Status::Running);
        world.advance(1);
        assert_eq!(world.result(), "60000");
    });
}

#[test]
fn a_timer_fires_late_after_downtime() {
    scenario(sleep_a_minute, |world| {
        world.sleep(3_600_000);
        world.take_over();
        assert_eq!(world.result(), "3600000");
    });
}

#[test]
fn a_timer_of_zero_fires_at_once_in_the_next_activation() {
    scenario(
        |ctx| async move {
            ctx.timer(0).await?;
            Ok(json("null"))
        },
        |world| {
            assert_eq!(
                world.story(),
                ["WorkflowExecutionStarted -> TimerStarted", "TimerFired -> WorkflowExecutionCompleted"]
            );
        },
    );
}

#[test]
fn timers_fire_in_the_order_of_their_times() {
    scenario(
        |ctx| async move {
            let (late, early) = (ctx.timer(2_000), ctx.timer(1_000));
            early.await?;
            late.await?;
            Ok(json("null"))
        },
        |world| {
            world.sleep(5_000);
            world.turn(|_| ());
            let fired = "TimerFired TimerFired -> WorkflowExecutionCompleted";
            assert_eq!(world.story()[1], fired);
            let events = world.stored.events();
            let operations =
                [&events[3], &events[4]].map(|event| event.attributes_json()["operation"].clone());
            assert_eq!(operations, [2, 1]);
        },
    );
}

#[test]
fn timer_cancelled_before_it_fires_emits_nothing() {
    scenario(
        |ctx| async move {
            let timer = ctx.timer(1_000);
            ctx.activity("a").await?;
            assert!(timer.cancel());
            assert!(timer.clone().await.is_err());
            assert!(!timer.cancel(), "it is cancelled already");
            ctx.activity("b").await?;
            Ok(json("null"))
        },
        |world| {
            world.complete("a", "1");
            assert_eq!(world.stored.summary.wake_at, Some(Timestamp::MIN));
            world.advance(10_000);
            world.complete("b", "1");
            let story = world.story().join(" ");
            assert!(story.contains("TimerCanceled") && !story.contains("TimerFired"), "{story}");
        },
    );
}

#[test]
fn a_timer_cancelled_where_it_was_started_leaves_both_events() {
    scenario(
        |ctx| async move {
            assert!(ctx.timer(1_000).cancel());
            ctx.signal("end").await;
            Ok(json("null"))
        },
        |world| {
            assert_eq!(world.story(), ["WorkflowExecutionStarted -> TimerStarted TimerCanceled"]);
            assert_eq!(world.stored.summary.wake_at, None, "it waits for a signal only");
        },
    );
}

#[test]
fn cancelling_a_timer_that_has_fired_changes_nothing() {
    scenario(
        |ctx| async move {
            let timer = ctx.timer(1_000);
            timer.clone().await?;
            assert!(!timer.cancel());
            Ok(json("null"))
        },
        |world| {
            world.advance(1_000);
            assert_eq!(world.story()[1], "TimerFired -> WorkflowExecutionCompleted");
        },
    );
}

#[test]
fn a_timer_for_ever_does_not_overflow() {
    scenario(
        |ctx| async move {
            ctx.timer(u64::MAX).await?;
            Ok(json("null"))
        },
        |world| assert_eq!(world.stored.summary.wake_at, Some(Timestamp::MAX)),
    );
}

#[test]
fn the_time_stands_still_within_an_activation_and_goes_on_with_the_next() {
    scenario(
        |ctx| async move {
            let first = ctx.now();
            ctx.activity("a").await?;
            Ok(json(&ctx.now().since(first).0.to_string()))
        },
        |world| {
            world.advance(1_234);
            world.complete("a", "1");
            assert_eq!(world.result(), "1234");
        },
    );
}

#[test]
fn a_clock_that_goes_back_does_not_take_the_run_with_it() {
    scenario(sleep_a_minute, |world| {
        world.advance(30_000);
        world.signal("unknown", "1");
        world.now = Timestamp::from_micros(0);
        world.signal("unknown", "2");
        let times: Vec<_> =
            world.stored.transitions().iter().map(|(transition, _)| transition.time).collect();
        assert!(times.is_sorted(), "{times:?}");
    });
}
