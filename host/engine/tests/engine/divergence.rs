//! Replays with code that does something else: found at the first wrong event, and nothing is changed.

use std::rc::Rc;

use dalsegno_engine::{
    Failure, Millis, divergence::Divergence, guest::ActivationErrorKind, replay::ReplayError, run::Accepted,
};
use rstest::rstest;

use crate::kit::{Ctx, Outcome, Way, Workflow, World, json, scenario, signal, started};

/// What a workflow does, line by line.
#[derive(Debug, Clone, Copy)]
enum Line {
    /// Runs an activity with an argument.
    Activity(&'static str, &'static str),
    /// Starts an activity, and does not wait.
    Spawn(&'static str),
    /// Starts a timer, and does not wait.
    Timer(u64),
    /// Cancels the last timer.
    CancelTimer,
    /// Waits for a signal.
    Signal,
    /// Returns a value.
    Return(&'static str),
    /// Fails with a message.
    Fail(&'static str),
    /// Fails at a place in the code, for a reason that arose at another.
    FailAt(&'static str, &'static str),
    /// Is a bug.
    Trap,
}
use Line::{Activity, CancelTimer, Fail, FailAt, Return, Signal, Spawn, Timer, Trap};

async fn follow(lines: Rc<[Line]>, ctx: Ctx) -> Outcome {
    let mut timer = None;
    for line in lines.iter() {
        match *line {
            Activity(name, argument) => {
                ctx.activity(name).with(|ask| ask.input = vec![json(argument)]).await?;
            }
            Spawn(name) => drop(ctx.activity(name).start()),
            Timer(millis) => timer = Some(ctx.timer(millis)),
            CancelTimer => drop(timer.as_ref().map(crate::kit::Op::cancel)),
            Signal => drop(ctx.signal("go").await),
            Return(value) => return Ok(json(value)),
            Fail(message) => return Err(Failure::application("Test", message)),
            FailAt(place, cause) => {
                let at = |place: &str| Failure {
                    stack_trace: place.to_owned(),
                    ..Failure::application("Test", "the same words")
                };
                return Err(Failure { cause: Some(Box::new(at(cause))), ..at(place) });
            }
            Trap => ctx.trap("not there before").await,
        }
    }
    std::future::pending().await
}

fn workflow(lines: &[Line]) -> Workflow {
    let lines: Rc<[Line]> = lines.into();
    Workflow::new(move |ctx| follow(lines.clone(), ctx))
}

/// Runs a workflow as far as it goes, without timers.
fn recorded(lines: &[Line]) -> World {
    let mut world = World::start(Way::Resident, workflow(lines), started());
    for _ in 0..10 {
        let task = world.in_flight.values().next().cloned();
        match task {
            Some(task) => world.complete(task.scheduled.activity_type.as_str(), "1"),
            None if world.run.state().is_closed() => break,
            None => world.signal("go", "1"),
        }
    }
    world
}

fn diverge(recorded_lines: &[Line], replayed_lines: &[Line]) -> Divergence {
    let world = recorded(recorded_lines);
    match world.stored.replay(&mut workflow(replayed_lines).guest()) {
        Err(ReplayError::Diverged(divergence)) => divergence,
        other => panic!("expected a divergence: {other:?}\n{:?}", world.story()),
    }
}

/// Event ids: 1 started, 2 and so on as recorded.
#[rstest]
#[case::changed_type(
    &[Activity("a", "1"), Activity("b", "1")], &[Activity("a", "1"), Activity("c", "1")],
    4, "ActivityTaskScheduled has other arguments: activity_type is \"c\", the history has \"b\""
)]
#[case::changed_argument(
    &[Activity("a", "1"), Activity("b", "[1, 2]")], &[Activity("a", "1"), Activity("b", "[1,2]")],
    4, "input is [[1,2]], the history has [[1, 2]]"
)]
#[case::changed_duration(&[Timer(10), Signal], &[Timer(11), Signal], 2, "start_to_fire is \"PT0.011S\"")]
#[case::reordered(
    &[Spawn("a"), Timer(10), Signal], &[Timer(10), Spawn("a"), Signal],
    2, "the history has ActivityTaskScheduled"
)]
#[case::reordered_alike(&[Spawn("a"), Spawn("b"), Signal], &[Spawn("b"), Spawn("a"), Signal], 2, "activity_type")]
#[case::added_in_the_middle(
    &[Activity("a", "1"), Activity("b", "1"), Signal], &[Activity("a", "1"), Timer(5), Activity("b", "1"), Signal],
    4, "the workflow did TimerStarted"
)]
#[case::added_at_the_end_of_an_activation(
    &[Spawn("a"), Signal, Return("1")], &[Spawn("a"), Timer(5), Signal, Return("1")],
    3, "the history has nothing more, the workflow did TimerStarted"
)]
#[case::added_where_it_only_waited(
    &[Signal, Signal, Return("1")], &[Signal, Timer(5), Signal, Return("1")],
    3, "the history has nothing more, the workflow did TimerStarted"
)]
#[case::removed_from_the_middle(
    &[Activity("a", "1"), Spawn("b"), Timer(5), Signal], &[Activity("a", "1"), Timer(5), Signal],
    4, "the history has ActivityTaskScheduled"
)]
#[case::removed_at_the_end_of_an_activation(
    &[Spawn("a"), Timer(5), Signal], &[Spawn("a"), Signal],
    3, "the history has TimerStarted {\"operation\":2,\"start_to_fire\":\"PT0.005S\",\"summary\":null}, the workflow did nothing more"
)]
#[case::returns_too_early(&[Activity("a", "1"), Activity("b", "1")], &[Activity("a", "1"), Return("1")], 4, "WorkflowExecutionCompleted")]
#[case::does_not_return(&[Activity("a", "1"), Return("1")], &[Activity("a", "1"), Signal], 4, "the workflow did nothing more")]
#[case::other_result(&[Return("1")], &[Return("1.0")], 2, "result is 1.0, the history has 1")]
#[case::fails_instead(&[Return("1")], &[Fail("no")], 2, "the workflow did WorkflowExecutionFailed")]
#[case::other_failure(&[Fail("no")], &[Fail("yes")], 2, "\"yes\"")]
#[case::not_cancelled(&[Timer(5), Signal, CancelTimer, Signal], &[Timer(5), Signal, Signal], 4, "TimerCanceled")]
fn divergence_is_found_at_the_first_wrong_event(
    #[case] recorded: &[Line],
    #[case] replayed: &[Line],
    #[case] event_id: u64,
    #[case] message: &str,
) {
    let divergence = diverge(recorded, replayed);
    let text = divergence.to_string();
    assert!(divergence.event_id == event_id && text.contains(message), "{text}");
    assert!(text.starts_with(&format!("event {event_id}: ")), "{text}");
    let place = if divergence.actual.is_some() { "scripted::call" } else { "scripted::main with 0 tasks" };
    assert_eq!(divergence.backtrace, place);
}

#[test]
fn a_payload_that_differs_in_metadata_only_is_told_apart() {
    let record = |encoding: &'static str| {
        Workflow::new(move |_| async move { Ok(dalsegno_engine::Payload::encoded(encoding, "x")) })
    };
    let world = World::start(Way::Resident, record("binary/plain"), started());
    let replayed = world.stored.replay(&mut record("text/plain").guest());
    let Err(ReplayError::Diverged(divergence)) = replayed else { panic!("metadata counts") };
    assert!(divergence.to_string().contains("result is {\"$payload\""), "{divergence}");
}

#[test]
fn a_long_value_is_cut_where_a_divergence_shows_it() {
    let record = |filler: &'static str| {
        Workflow::new(move |_| async move { Ok(json(&format!("\"{}\"", filler.repeat(100_000)))) })
    };
    let world = World::start(Way::Resident, record("ä"), started());
    let Err(error) = world.stored.replay(&mut record("ö").guest()) else { panic!("it differs") };
    assert!(error.to_string().len() < 5_000);
}

#[test]
fn a_guest_that_fails_where_it_did_not_is_no_divergence() {
    let world = recorded(&[Activity("a", "1"), Return("1")]);
    let replayed = world.stored.replay(&mut workflow(&[Activity("a", "1"), Trap]).guest());
    let Err(ReplayError::Failed { activation, error }) = replayed else { panic!("{replayed:?}") };
    assert_eq!((activation, error.kind), (2, ActivationErrorKind::Bug));
}

#[rstest]
#[case(&[Activity("a", "1"), Activity("b", "2"), Return("3")])]
#[case(&[Spawn("a"), Spawn("b"), Timer(5), Signal, CancelTimer, Return("3")])]
#[case(&[Signal, Signal, Fail("no")])]
fn the_same_lines_are_no_divergence(#[case] lines: &[Line]) {
    let world = recorded(lines);
    assert!(world.run.state().is_closed());
    world.stored.replay(&mut workflow(lines).guest()).expect("it does the same");
}

#[test]
fn what_the_code_does_between_its_calls_may_change() {
    let world = recorded(&[Activity("a", "1"), Return("2")]);
    let other = Workflow::new(|ctx: Ctx| async move {
        ctx.until(|| 1 + 1 == 2).await;
        let activity = ctx.activity("a").with(|ask| ask.input = vec![json("1")]).start();
        ctx.spawn(async {});
        activity.await?;
        Ok(json("2"))
    });
    world.stored.replay(&mut other.guest()).expect("it asks for the same");
}

#[test]
fn a_divergent_guest_appends_nothing_but_what_came_to_the_run() {
    scenario(
        |ctx| async move {
            ctx.activity("a").await?;
            ctx.signal("go").await;
            Ok(json("null"))
        },
        |world| {
            world.complete("a", "1");
            let before = world.stored.transitions();
            let mut other = workflow(&[Activity("b", "1"), Signal]).guest();
            let error = world.stored.replay(&mut other).expect_err("it diverges");
            world.evict();
            world.run.tick(world.now.plus(Millis(1)));
            assert_eq!(world.run.accept(signal("go", "1")), Ok(Accepted::New));
            world.run.failed(error.into());
            assert!(!world.run.is_ready());
            let step = world.run.settle();
            let stored = step.transition.expect("the signal");
            assert!(stored.activated.is_none() && stored.commands.is_empty());
            assert_eq!(stored.first_event_id, before.iter().map(|(row, _)| row.len()).sum::<u64>() + 1);
            let reason = step.summary.blocked.expect("it is parked").reason;
            assert!(reason.contains("event 2") && reason.contains("scripted::call"), "{reason}");
        },
    );
}

#[test]
fn a_failure_from_a_line_that_has_moved_is_the_same_failure() {
    let world = recorded(&[Activity("a", "1"), FailAt("line 7", "line 3")]);
    let moved = workflow(&[Activity("a", "1"), FailAt("line 9", "line 5")]);
    world.stored.replay(&mut moved.guest()).expect("code may move");
}
