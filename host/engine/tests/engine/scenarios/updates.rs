//! Updates: accepted, answered, repeated, refused, and lost when the run closes first.

use dalsegno_engine::{
    Failure, Payload, Status,
    event::{EventAttributes, UpdateOutcome},
    guest::{ActivationErrorKind, ContinueAsNewReason},
    limits,
    run::{Accepted, Refusal},
};

use crate::kit::{
    Ctx, Outcome, Way, Workflow, World, json, scenario, signal, started,
    talk::{update, updated},
    text,
};

/// Answers updates, each after an activity, until `end`; adds up their arguments.
async fn account(ctx: Ctx) -> Outcome {
    let total = std::rc::Rc::new(std::cell::Cell::new(0));
    let (handlers, sum) = (ctx.clone(), total.clone());
    ctx.spawn(async move {
        loop {
            let request = handlers.update().await;
            let (ctx, sum) = (handlers.clone(), sum.clone());
            handlers.spawn(async move {
                let amount: i64 = text(&request.input[0]).parse().expect("a number");
                let outcome = match ctx.activity(&request.id).await {
                    Ok(_) => {
                        sum.set(sum.get() + amount);
                        Ok(Some(json(&sum.get().to_string())))
                    }
                    Err(failure) => Err(failure),
                };
                ctx.answer(&request, outcome);
            });
        }
    });
    ctx.signal("end").await;
    Ok(json(&total.get().to_string()))
}

/// Answers every update at once.
async fn echo(ctx: Ctx) -> Outcome {
    loop {
        let request = ctx.update().await;
        ctx.answer(&request, Ok(request.input.first().cloned()));
    }
}

/// Takes updates and never answers.
async fn deaf(ctx: Ctx) -> Outcome {
    Ok(json(&ctx.signal("end").await))
}

fn lost() -> UpdateOutcome {
    let message = "the run closed before the update completed";
    UpdateOutcome::Failed(Failure::non_retryable("AcceptedUpdateCompletedWorkflow", message))
}

#[test]
fn an_update_is_accepted_with_the_commands_of_its_handler() {
    scenario(account, |world| {
        assert_eq!(world.update("u1", "5"), Ok(Accepted::New));
        assert_eq!(world.story()[1], "WorkflowExecutionUpdateAccepted -> ActivityTaskScheduled");
        assert_eq!((world.run.state().updates_in_flight, world.stored.update("u1")), (1, None));
        world.complete("u1", "0");
        assert_eq!(world.story()[2], "ActivityTaskCompleted -> WorkflowExecutionUpdateCompleted");
        assert_eq!(world.stored.update("u1"), Some(updated("5")));
        assert_eq!(world.run.state().updates_in_flight, 0);
        world.signal("end", "1");
        assert_eq!(world.result(), "5");
    });
}

#[test]
fn an_update_that_is_answered_at_once_costs_one_transition() {
    scenario(echo, |world| {
        assert_eq!(world.update("u1", "[7]"), Ok(Accepted::New));
        assert_eq!(world.story()[1], "WorkflowExecutionUpdateAccepted -> WorkflowExecutionUpdateCompleted");
        assert_eq!(world.stored.update("u1"), Some(updated("[7]")));
    });
}

#[test]
fn updates_are_answered_in_any_order() {
    scenario(account, |world| {
        for (id, amount) in [("u1", "1"), ("u2", "20"), ("u3", "300")] {
            assert_eq!(world.update(id, amount), Ok(Accepted::New));
        }
        world.complete("u3", "0");
        world.complete("u1", "0");
        world.take_over();
        assert_eq!(world.run.state().updates_in_flight, 1);
        assert_eq!(world.stored.update("u1"), Some(updated("301")));
        world.advance(1_000);
        world.complete("u2", "0");
        assert_eq!(world.stored.update("u2"), Some(updated("321")));
    });
}

#[test]
fn a_failure_of_the_handler_fails_the_update_and_not_the_run() {
    scenario(account, |world| {
        assert_eq!(world.update("u1", "5"), Ok(Accepted::New));
        let refused = Failure::non_retryable("Limit", "too much");
        world.fail("u1", refused.clone());
        let Some(UpdateOutcome::Failed(failure)) = world.stored.update("u1") else { panic!("it failed") };
        assert_eq!(failure.cause.as_deref(), Some(&refused));
        assert_eq!(world.status(), Status::Running);
    });
}

#[test]
fn an_update_without_a_result_has_a_payload_that_says_so() {
    scenario(
        |ctx| async move {
            let request = ctx.update().await;
            ctx.answer(&request, Ok(None));
            Ok(json("null"))
        },
        |world| {
            assert_eq!(world.update("u1", "5"), Ok(Accepted::New));
            let nothing = Payload::encoded("binary/null", "");
            assert_eq!(world.stored.update("u1"), Some(UpdateOutcome::Completed(nothing)));
        },
    );
}

#[test]
fn a_repeated_update_id_counts_once() {
    scenario(account, |world| {
        assert_eq!(world.update("u1", "5"), Ok(Accepted::New));
        assert_eq!(world.update("u1", "5"), Ok(Accepted::Duplicate), "while it is under way");
        world.complete("u1", "0");
        assert_eq!(world.update("u1", "9"), Ok(Accepted::Duplicate), "when it has its outcome");
        world.take_over();
        assert_eq!(world.update("u1", "9"), Ok(Accepted::Duplicate), "it outlives the host");
        world.signal("end", "1");
        assert_eq!(world.result(), "5");
        assert_eq!(world.update("u1", "9"), Ok(Accepted::Duplicate), "and the run");
        assert_eq!(world.update("u2", "9"), Err(Refusal::Closed(Status::Completed)));
    });
}

#[test]
fn an_update_with_the_start_is_there_before_the_first_step() {
    for way in [Way::Resident, Way::Evicted] {
        let world = World::start_with(way, Workflow::new(echo), started(), vec![update("u1", "1")]);
        let one =
            "WorkflowExecutionStarted WorkflowExecutionUpdateAccepted -> WorkflowExecutionUpdateCompleted";
        assert_eq!(world.story(), [one]);
    }
}

#[test]
fn so_many_updates_are_under_way_and_no_more() {
    scenario(account, |world| {
        for number in 0..limits::UPDATES_IN_FLIGHT_MAX {
            assert_eq!(world.update(&format!("u{number}"), "1"), Ok(Accepted::New));
        }
        let refused = Refusal::TooManyUpdatesInFlight(limits::UPDATES_IN_FLIGHT_MAX);
        assert_eq!(world.update("more", "1"), Err(refused.clone()));
        assert_eq!(world.update("u3", "1"), Ok(Accepted::Duplicate), "it takes no place");
        world.take_over();
        assert_eq!(world.update("more", "1"), Err(refused));
        world.advance(1_000);
        world.complete("u3", "0");
        assert_eq!(world.update("more", "1"), Ok(Accepted::New));
    });
}

/// Tells whether to continue as new, and why, each time it is updated.
async fn suggested(ctx: Ctx) -> Outcome {
    let only_updates = |ctx: &Ctx| ctx.shown().continue_as_new == [ContinueAsNewReason::Updates];
    loop {
        let request = ctx.update().await;
        ctx.answer(&request, Ok(Some(json(&only_updates(&ctx).to_string()))));
    }
}

#[test]
fn continuing_as_new_is_suggested_before_the_last_update_and_then_they_are_refused() {
    let mut world = World::unchecked(Workflow::new(suggested), started());
    for number in 1..=limits::UPDATES_PER_RUN_MAX {
        let id = format!("u{number}");
        assert_eq!(world.update(&id, "1"), Ok(Accepted::New));
        if [1_799, 1_800].contains(&number) {
            assert_eq!(world.stored.update(&id), Some(updated(&(number >= 1_800).to_string())));
        }
    }
    let refused = Refusal::TooManyUpdates(limits::UPDATES_PER_RUN_MAX);
    assert_eq!(world.update("more", "1"), Err(refused));
    assert_eq!(world.update("u1", "1"), Ok(Accepted::Duplicate));
    assert_eq!(world.input(signal("other", "1")), Ok(Accepted::New), "other inputs are taken");
}

/// What makes a run close.
type Close = fn(&mut World);

#[test]
fn an_update_whose_run_closes_first_has_failed() {
    let ends: [(Close, Status); 4] = [
        (|world| world.signal("end", "1"), Status::Completed),
        (World::terminate, Status::Terminated),
        (|world| world.advance(60_000), Status::TimedOut),
        (
            |world| {
                world.turn(|run| {
                    run.accept(update("u3", "1")).expect("it is open");
                    run.accept(signal("end", "1")).expect("it is open");
                });
                assert_eq!(world.stored.update("u3"), Some(lost()), "accepted by the last turn");
            },
            Status::Completed,
        ),
    ];
    for (end, status) in ends {
        let mut start = started();
        start.run_timeout = Some(dalsegno_engine::Millis(60_000));
        crate::kit::scenario_from(start, deaf, |world| {
            assert_eq!(world.update("u1", "1"), Ok(Accepted::New));
            assert_eq!(world.update("u2", "1"), Ok(Accepted::New));
            end(world);
            assert_eq!(world.status(), status);
            assert_eq!(world.stored.update("u1"), Some(lost()));
            assert_eq!(world.stored.update("u2"), Some(lost()));
        });
    }
}

#[test]
fn an_update_that_is_answered_by_the_last_activation_keeps_its_answer() {
    scenario(
        |ctx| async move {
            let (first, _) = (ctx.update().await, ctx.update().await);
            ctx.answer(&first, Ok(Some(json("1"))));
            Ok(json("null"))
        },
        |world| {
            assert_eq!(world.update("u1", "1"), Ok(Accepted::New));
            assert_eq!(world.update("u2", "1"), Ok(Accepted::New));
            assert_eq!(world.stored.update("u1"), Some(updated("1")));
            assert_eq!(world.stored.update("u2"), Some(lost()));
        },
    );
}

#[test]
fn an_update_of_a_failing_activation_is_kept_and_handled_later() {
    scenario(echo, |world| {
        world.break_activations(1, ActivationErrorKind::Bug, "once");
        assert_eq!(world.update("u1", "4"), Ok(Accepted::New));
        assert_eq!(
            (world.story()[1].as_str(), world.stored.update("u1")),
            ("WorkflowExecutionUpdateAccepted", None)
        );
        world.advance(5_000);
        assert_eq!(world.stored.update("u1"), Some(updated("4")));
    });
}

#[test]
fn answering_twice_or_nobody_is_a_bug_of_the_code() {
    for id in ["u1", "nobody's"] {
        scenario(
            move |ctx| async move {
                let request = ctx.update().await;
                ctx.answer(&request, Ok(None));
                ctx.call(|calls| calls.complete_update(id.to_owned(), None));
                Ok(json("null"))
            },
            |world| {
                assert_eq!(world.update("u1", "4"), Ok(Accepted::New));
                assert_eq!(world.errors[0].message, format!("the update `{id}` is not under way"));
                assert!(matches!(
                    world.stored.events().last(),
                    Some(EventAttributes::WorkflowExecutionUpdateAccepted { .. })
                ));
            },
        );
    }
}
