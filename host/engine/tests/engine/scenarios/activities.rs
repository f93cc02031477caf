//! Activities: sequences, fans, what is dispatched, and whose outcome counts.

use dalsegno_engine::{
    Failure, Millis, Status,
    attempts::AttemptResult,
    event::EventAttributes,
    failure::{FailureKind, RetryState},
    run::Refusal,
};

use crate::kit::{Ctx, Outcome, Way, Workflow, World, json, scenario, scenario_from, started, text};

async fn one(ctx: Ctx) -> Outcome {
    Ok(ctx.activity("a").await?.unwrap_or_default())
}

#[test]
fn a_sequence_stores_each_result_with_the_next_command() {
    scenario(
        |ctx| async move {
            let a = ctx.activity("a").await?.expect("a result");
            let b = ctx.activity("b").await?.expect("a result");
            Ok(json(&format!("[{},{}]", text(&a), text(&b))))
        },
        |world| {
            world.complete("a", "1");
            world.complete("b", "2");
            assert_eq!(world.result(), "[1,2]");
            assert_eq!(
                world.story(),
                [
                    "WorkflowExecutionStarted -> ActivityTaskScheduled",
                    "ActivityTaskCompleted -> ActivityTaskScheduled",
                    "ActivityTaskCompleted -> WorkflowExecutionCompleted",
                ]
            );
        },
    );
}

async fn fan(ctx: Ctx) -> Outcome {
    let started = ["a", "b", "c"].map(|name| ctx.activity(name).start());
    let mut results = Vec::new();
    for activity in started {
        results.push(text(&activity.await?.expect("a result")));
    }
    Ok(json(&format!("[{}]", results.join(","))))
}

#[test]
fn parallel_activities_are_scheduled_in_one_transition_and_end_in_any_order() {
    scenario(fan, |world| {
        assert_eq!(world.in_flight.len(), 3);
        world.complete("c", "3");
        world.complete("a", "1");
        world.complete("b", "2");
        assert_eq!(world.result(), "[1,2,3]");
        assert_eq!(
            world.story(),
            [
                "WorkflowExecutionStarted -> ActivityTaskScheduled ActivityTaskScheduled ActivityTaskScheduled",
                "ActivityTaskCompleted ->",
                "ActivityTaskCompleted ->",
                "ActivityTaskCompleted -> WorkflowExecutionCompleted",
            ]
        );
    });
}

#[test]
fn results_of_one_turn_are_delivered_in_one_activation() {
    scenario(fan, |world| {
        let ends: Vec<_> = world.in_flight.keys().copied().collect();
        world.turn(|run| {
            for operation in ends {
                let result = AttemptResult::Completed(Some(json("0")));
                run.attempt_ended(operation, 1, result).expect("it is under way");
            }
        });
        assert_eq!(world.result(), "[0,0,0]");
        assert_eq!(world.stored.state().activations, 2);
    });
}

#[test]
fn a_first_attempt_costs_no_row_and_needs_no_grant() {
    scenario(one, |world| {
        let task = world.task("a");
        assert_eq!((task.attempt, task.needs_grant, task.last_failure), (1, false, None));
        assert!(world.stored.rows.is_empty());
        assert_eq!(task.scheduled_at, world.now);
    });
}

#[test]
fn an_activity_that_may_run_once_is_granted_before_it_runs() {
    scenario(
        |ctx| async move { Ok(ctx.activity("a").attempts(1).await?.unwrap_or_default()) },
        |world| {
            let task = world.task("a");
            assert!(task.needs_grant && world.stored.rows.is_empty());
            world.grant(&task);
            assert_eq!(world.stored.rows.len(), 1);
            let again = world.turn(|run| run.grant(1, 1));
            assert_eq!(again, Err(Refusal::StaleAttempt), "one grant, one attempt");
            world.complete("a", "true");
            assert_eq!(world.result(), "true");
            assert!(world.stored.rows.is_empty());
        },
    );
}

#[test]
fn an_outcome_counts_once() {
    scenario(
        |ctx| async move {
            ctx.activity("a").await?;
            ctx.signal("end").await;
            Ok(json("null"))
        },
        |world| {
            let task = world.task("a");
            world.complete("a", "1");
            let late = AttemptResult::Completed(Some(json("2")));
            assert_eq!(world.end_task(&task, late), Err(Refusal::StaleAttempt));
            let failed = AttemptResult::Failed(Failure::application("Late", "late"));
            assert_eq!(world.end_task(&task, failed), Err(Refusal::StaleAttempt));
            assert_eq!(world.turn(|run| run.grant(1, 1)), Err(Refusal::StaleAttempt));
            assert_eq!(world.turn(|run| run.not_started(7, 1)), Err(Refusal::StaleAttempt));
            assert_eq!(world.stored.events().len(), 3);
        },
    );
}

#[test]
fn a_result_of_an_attempt_that_is_not_the_present_one_is_refused() {
    scenario(one, |world| {
        let first = world.task("a");
        world.fail("a", Failure::application("Busy", "later"));
        let second = dalsegno_engine::attempts::ActivityTask { attempt: 2, ..first.clone() };
        let result = || AttemptResult::Completed(None);
        assert_eq!(world.end_task(&first, result()), Err(Refusal::StaleAttempt), "it has ended");
        let early = world.turn(|run| run.attempt_ended(1, 2, result()));
        assert_eq!(early, Err(Refusal::StaleAttempt), "it waits for its time");
        assert_eq!(world.turn(|run| run.grant(1, second.attempt)), Err(Refusal::StaleAttempt));
        world.advance(1_000);
        assert_eq!(world.end_task(&first, result()), Err(Refusal::StaleAttempt), "another is under way");
        world.complete("a", "\"second\"");
        assert_eq!(world.result(), "\"second\"");
    });
}

#[test]
fn a_failed_activity_is_the_cause_of_the_workflows_failure() {
    scenario(one, |world| {
        let root = Failure::application("Declined", "no funds");
        let failure = Failure::non_retryable("Payment", "not paid").caused_by(root.clone());
        world.fail("a", failure.clone());
        assert_eq!(world.status(), Status::Failed);
        let outer = world.failure();
        let FailureKind::Activity { activity_type, activity_id, attempts, retry_state } = &outer.kind else {
            panic!("it is the activity's: {outer:?}");
        };
        assert_eq!((activity_type.as_str(), activity_id.as_str(), *attempts), ("a", "1", 1));
        assert_eq!(*retry_state, RetryState::NonRetryableFailure);
        assert_eq!(outer.cause.as_deref(), Some(&failure));
        assert_eq!(failure.cause.as_deref(), Some(&root));
    });
}

#[test]
fn a_chain_of_causes_has_a_longest_length() {
    let mut failure = Failure::non_retryable("Deep", "0");
    for depth in 1..100 {
        failure = Failure::non_retryable("Deep", depth.to_string()).caused_by(failure);
    }
    scenario(one, move |world| {
        world.fail("a", failure.clone());
        let length = std::iter::successors(Some(world.failure()), |failure| failure.cause.as_deref()).count();
        assert_eq!(length, dalsegno_engine::failure::FAILURE_CAUSES_MAX);
    });
}

#[test]
fn what_the_workflow_asked_for_is_what_is_scheduled() {
    scenario(
        |ctx| async move {
            let activity = ctx.activity("a").with(|ask| {
                ask.activity_id = Some("mine".to_owned());
                ask.task_queue = Some("gpu".to_owned());
                ask.input = vec![json("1"), json("{\"b\":2}")];
                ask.headers = vec![("trace".to_owned(), json("\"x\""))];
                ask.schedule_to_close = Some(Millis(9_000));
                ask.heartbeat = Some(Millis(500));
                ask.summary = Some("for people".to_owned());
            });
            Ok(activity.await?.unwrap_or_default())
        },
        |world| {
            let task = world.task("a");
            let scheduled = &task.scheduled;
            assert_eq!((scheduled.activity_id.as_str(), scheduled.task_queue.as_str()), ("mine", "gpu"));
            assert_eq!(scheduled.input, [json("1"), json("{\"b\":2}")]);
            assert_eq!(scheduled.summary.as_deref(), Some("for people"));
            assert!(
                matches!(&world.stored.events()[1], EventAttributes::ActivityTaskScheduled(same) if same == scheduled)
            );
        },
    );
}

#[test]
fn an_activity_runs_on_the_runs_task_queue_unless_it_names_one() {
    let mut start = started();
    start.task_queue = dalsegno_engine::ids::TaskQueue::new("own");
    let world = World::start(Way::Resident, Workflow::new(one), start);
    assert_eq!(world.task("a").scheduled.task_queue.as_str(), "own");
}

#[test]
fn a_workflow_sees_its_input_byte_for_byte() {
    let mut start = started();
    start.input = vec![json("{ \"b\":1.0,\t\"a\":1e400, \"b\":\"\\u0041\" }"), json("null")];
    let input = start.input.clone();
    scenario_from(
        start,
        |ctx| async move {
            ctx.activity("a").await?;
            Ok(ctx.input().remove(0))
        },
        move |world| {
            world.complete("a", "null");
            assert_eq!(world.result(), text(&input[0]));
        },
    );
}
