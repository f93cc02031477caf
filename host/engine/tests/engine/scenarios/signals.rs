//! Signals: in order, each once, before the start and after it, refused after the end.

use dalsegno_engine::{
    Status,
    calls::ContinueAsNew,
    limits,
    run::{Accepted, Input, Refusal},
};

use crate::kit::{Ctx, Net, Outcome, Way, Workflow, World, json, scenario, signal, signal_with_id, started};

/// Collects `add` until `end`.
async fn collect(ctx: Ctx) -> Outcome {
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(ctx.signal("add").await);
    }
    ctx.activity("a").await?;
    Ok(json(&format!("[{}]", all.join(","))))
}

#[test]
fn signals_are_delivered_in_the_order_they_came() {
    scenario(collect, |world| {
        world.turn(|run| {
            for number in ["1", "2", "3"] {
                run.accept(signal("add", number)).expect("it is open");
            }
        });
        world.complete("a", "0");
        assert_eq!(world.result(), "[1,2,3]");
    });
}

#[test]
fn a_signal_that_nobody_waits_for_yet_is_kept() {
    scenario(
        |ctx| async move {
            ctx.activity("a").await?;
            Ok(json(&ctx.signal("early").await))
        },
        |world| {
            world.signal("early", "42");
            world.signal("unknown", "0");
            world.complete("a", "0");
            assert_eq!(world.result(), "42");
        },
    );
}

#[test]
fn a_signal_with_the_start_is_there_before_the_first_step() {
    for way in [Way::Resident, Way::Evicted] {
        let workflow = Workflow::new(|ctx: Ctx| async move { Ok(json(&ctx.signal("go").await)) });
        let world = World::start_with(way, workflow, started(), vec![signal("go", "7")]);
        assert_eq!(world.result(), "7");
        let one = "WorkflowExecutionStarted WorkflowExecutionSignaled -> WorkflowExecutionCompleted";
        assert_eq!(world.story(), [one]);
    }
}

#[test]
fn a_repeated_request_id_counts_once() {
    scenario(collect, |world| {
        assert_eq!(world.input(signal_with_id("add", "1", "r1")), Ok(Accepted::New));
        assert_eq!(world.input(signal_with_id("add", "1", "r1")), Ok(Accepted::Duplicate));
        assert_eq!(world.input(signal_with_id("add", "2", "r2")), Ok(Accepted::New));
        assert_eq!(world.stored.state().signals, 2);
        world.take_over();
        assert_eq!(
            world.input(signal_with_id("add", "2", "r2")),
            Ok(Accepted::Duplicate),
            "it outlives the host"
        );
    });
}

#[test]
fn a_repeated_request_id_is_a_duplicate_after_the_end_too() {
    scenario(
        |ctx| async move { Ok(json(&ctx.signal("go").await)) },
        |world| {
            assert_eq!(world.input(signal_with_id("go", "1", "r1")), Ok(Accepted::New));
            assert_eq!(world.status(), Status::Completed);
            assert_eq!(world.input(signal_with_id("go", "1", "r1")), Ok(Accepted::Duplicate));
            let new = world.input(signal_with_id("go", "1", "r2"));
            assert_eq!(new, Err(Refusal::Closed(Status::Completed)));
        },
    );
}

#[test]
fn request_ids_are_forgotten_oldest_first() {
    let workflow = Workflow::new(|ctx: Ctx| async move { Ok(json(&ctx.signal("never").await)) });
    let mut world = World::start(Way::Resident, workflow, started());
    world.turn(|run| {
        for number in 0..=limits::SIGNAL_REQUEST_IDS_MAX {
            run.accept(signal_with_id("add", "0", &format!("r{number}"))).expect("it is open");
        }
    });
    assert_eq!(world.input(signal_with_id("add", "0", "r1")), Ok(Accepted::Duplicate));
    assert_eq!(world.input(signal_with_id("add", "0", "r0")), Ok(Accepted::New));
}

#[test]
fn a_run_takes_no_more_signals_than_it_can_hand_on() {
    // Takes the first of its signals, and hands on the others.
    let workflow = Workflow::new(|ctx: Ctx| async move {
        ctx.signal("go").await;
        ctx.signal("add").await;
        let carried_signals = ctx.unhandled_signals();
        ctx.continue_as_new(ContinueAsNew { carried_signals, ..ContinueAsNew::default() }).await
    });
    let number = "1".repeat(limits::SIGNAL_BYTES_PER_RUN_MAX / 8 - 100);
    let mut net = Net::start(Way::Resident, started(), &[("scripted", workflow)]);
    net.worlds[0].checked = false;
    (0..8).for_each(|_| net.parent().signal("add", &number));
    let refused = net.parent().input(signal("add", &number));
    assert!(matches!(refused, Err(Refusal::TooManySignalBytes(_))), "{refused:?}");
    net.parent().signal("go", "1");
    net.carry_all();
    assert_eq!((net.worlds.len(), net.worlds[0].errors.len()), (2, 0), "{:?}", net.worlds[0].errors);
    // Those it was started with count too.
    net.worlds[1].checked = false;
    net.parent().signal("add", &number);
    let refused = net.parent().input(signal("add", &number));
    assert!(matches!(refused, Err(Refusal::TooManySignalBytes(_))), "{refused:?}");
    net.parent().signal("go", "1");
    net.carry_all();
    assert_eq!(net.worlds.len(), 3);
}

#[test]
fn what_comes_with_a_signal_counts_as_its_arguments_do() {
    let workflow = Workflow::new(|ctx: Ctx| async move { Ok(json(&ctx.signal("never").await)) });
    let mut world = World::start(Way::Resident, workflow, started());
    let large = "1".repeat(limits::SIGNAL_BYTES_PER_RUN_MAX);
    let Input::Signal { name, input, request_id, .. } = signal("add", "0") else { unreachable!() };
    let headers = vec![("trace".to_owned(), json(&large))];
    let refused = world.input(Input::Signal { name, input, headers, request_id });
    assert_eq!(refused, Err(Refusal::TooManySignalBytes(0)));
}

#[test]
fn a_run_takes_so_many_signals_and_no_more() {
    let workflow = Workflow::new(|ctx: Ctx| async move { Ok(json(&ctx.signal("never").await)) });
    let mut world = World::start(Way::Resident, workflow, started());
    let refused = world.turn(|run| {
        for _ in 0..limits::SIGNALS_PER_RUN_MAX {
            run.accept(signal("add", "0")).expect("it is below the limit");
        }
        run.accept(signal("add", "0"))
    });
    assert_eq!(refused, Err(Refusal::TooManySignals(limits::SIGNALS_PER_RUN_MAX)));
    let cancel = Input::Cancel { reason: String::new(), request_id: None };
    assert_eq!(world.input(cancel), Ok(Accepted::New), "other inputs are taken");
}

#[test]
fn a_signal_that_races_with_the_end_is_in_the_history_before_it_or_refused() {
    scenario(
        |ctx| async move {
            ctx.activity("a").await?;
            Ok(json("null"))
        },
        |world| {
            let (before, after) = world.turn(|run| {
                let before = run.accept(signal("late", "1"));
                let done = dalsegno_engine::attempts::AttemptResult::Completed(None);
                run.attempt_ended(1, 1, done).expect("it is under way");
                (before, run.state().signals)
            });
            assert_eq!((before, after), (Ok(Accepted::New), 1));
            let end = "WorkflowExecutionSignaled ActivityTaskCompleted -> WorkflowExecutionCompleted";
            assert_eq!(world.story()[1], end);
            assert_eq!(world.input(signal("late", "2")), Err(Refusal::Closed(Status::Completed)));
            assert_eq!(world.stored.events().len(), 5);
        },
    );
}
