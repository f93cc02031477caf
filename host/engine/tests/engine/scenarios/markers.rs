//! Patches and versions: one way for a run's whole life, in loops too, wherever its guest is rebuilt.

use dalsegno_engine::{
    attributes::{CHANGE_VERSION, read_search_attribute},
    limits,
    replay::ReplayError,
};
use rstest::rstest;

use crate::kit::{Ctx, Outcome, Way, Workflow, World, data, json, scenario, started};

/// Three rounds, each by the way it takes.
async fn rounds(ctx: Ctx) -> Outcome {
    let mut ways = Vec::new();
    for _ in 0..3 {
        ways.push(ctx.patched("p").to_string());
        ctx.signal("next").await;
    }
    Ok(json(&format!("[{}]", ways.join(","))))
}

/// The same, before there was a patch.
async fn rounds_before(ctx: Ctx) -> Outcome {
    for _ in 0..3 {
        ctx.signal("next").await;
    }
    Ok(json("\"before\""))
}

/// A run of older code that goes on with newer code.
fn changed<O: Future<Output = Outcome> + 'static, N: Future<Output = Outcome> + 'static>(
    older: impl Fn(Ctx) -> O + 'static,
    newer: impl Fn(Ctx) -> N + 'static,
    way: Way,
    until: impl Fn(&mut World),
) -> World {
    let mut world = World::start(way, Workflow::new(older), started());
    until(&mut world);
    world.workflow = Workflow::new(newer);
    world.evict();
    world
}

/// What the search attribute lists.
fn change_versions(world: &World) -> String {
    let listed = world.stored.attributes.search_attributes.get(CHANGE_VERSION);
    listed.map_or("none".to_owned(), data)
}

#[test]
fn a_fresh_run_has_the_patch_and_says_so_once() {
    scenario(rounds, |world| {
        assert_eq!(world.story(), ["WorkflowExecutionStarted -> MarkerRecorded"]);
        assert_eq!(change_versions(world), "[\"p\"]");
        world.signal("next", "1");
        world.take_over();
        world.signal("next", "1");
        world.signal("next", "1");
        assert_eq!(world.result(), "[true,true,true]");
        assert_eq!(world.story()[1], "WorkflowExecutionSignaled ->", "one marker");
    });
}

#[rstest]
#[case::stays_resident(false, false)]
#[case::evicted(true, false)]
#[case::taken_over(false, true)]
fn a_run_that_began_without_the_patch_goes_on_without_it(
    #[values(Way::Resident, Way::Evicted)] way: Way,
    #[case] evicted: bool,
    #[case] taken_over: bool,
    #[values(0, 1, 2)] rounds_made: usize,
) {
    let mut world = changed(rounds_before, rounds, way, |world| {
        (0..rounds_made).for_each(|_| world.signal("next", "1"));
    });
    for _ in rounds_made..3 {
        if taken_over {
            world.take_over();
        }
        if evicted {
            world.evict();
        }
        world.signal("next", "1");
    }
    assert_eq!(world.result(), "[false,false,false]", "the first call decides for all");
    assert!(!world.story().join(" ").contains("MarkerRecorded"));
    assert_eq!(change_versions(&world), "none");
}

#[test]
fn a_place_that_is_reached_after_the_change_has_the_patch() {
    for way in [Way::Resident, Way::Evicted] {
        let later = |ctx: Ctx| async move {
            ctx.signal("next").await;
            let patched = ctx.patched("p");
            ctx.signal("next").await;
            Ok(json(&format!("[{patched},{}]", ctx.patched("p"))))
        };
        let mut world = changed(rounds_before, later, way, |_| ());
        world.signal("next", "1");
        world.evict();
        world.signal("next", "1");
        assert_eq!(world.result(), "[true,true]");
    }
}

#[test]
fn a_failed_activation_does_not_decide() {
    scenario(
        |ctx| async move {
            ctx.signal("next").await;
            Ok(json(&ctx.patched("p").to_string()))
        },
        |world| {
            world.break_activations(1, dalsegno_engine::guest::ActivationErrorKind::Bug, "once");
            world.signal("next", "1");
            world.advance(5_000);
            assert_eq!(world.result(), "true");
        },
    );
}

/// Asks for a patch and goes on with an activity.
async fn patched_once(ctx: Ctx) -> Outcome {
    let name = if ctx.patched("p") { "new" } else { "old" };
    ctx.activity(name).await?;
    ctx.signal("end").await;
    Ok(json("null"))
}

async fn deprecated(ctx: Ctx) -> Outcome {
    ctx.deprecate_patch("p");
    without_call(ctx).await
}

/// As it is once the patch is forgotten.
async fn without_call(ctx: Ctx) -> Outcome {
    ctx.activity("new").await?;
    ctx.signal("end").await;
    Ok(json("null"))
}

async fn never_patched(ctx: Ctx) -> Outcome {
    ctx.activity("old").await?;
    ctx.signal("end").await;
    Ok(json("null"))
}

fn replays(world: &World, code: &Workflow) -> Result<(), ReplayError> {
    world.stored.replay(&mut code.guest()).map(drop)
}

#[test]
fn each_step_of_a_patchs_life_replays_the_histories_of_the_step_before() {
    let steps = [
        Workflow::new(never_patched),
        Workflow::new(patched_once),
        Workflow::new(deprecated),
        Workflow::new(without_call),
    ];
    for (place, older) in steps.iter().enumerate() {
        let world = World::start(Way::Resident, older.clone(), started());
        let fits: Vec<bool> = steps.iter().map(|code| replays(&world, code).is_ok()).collect();
        let expected = [
            [true, true, false, false],
            [false, true, true, false],
            [false, true, true, true],
            [false, false, true, true],
        ];
        assert_eq!(fits, expected[place], "histories of step {place}");
    }
}

#[test]
fn a_deprecated_patch_that_the_code_forgets_changes_nothing() {
    for way in [Way::Resident, Way::Evicted] {
        let mut world = changed(deprecated, without_call, way, |_| ());
        assert_eq!(change_versions(&world), "[\"p\"]");
        world.complete("new", "1");
        world.signal("end", "1");
        assert_eq!(world.result(), "null");
    }
}

#[test]
fn a_patch_that_the_code_forgets_too_early_is_a_divergence() {
    let world = World::start(Way::Resident, Workflow::new(patched_once), started());
    let Err(ReplayError::Diverged(divergence)) = replays(&world, &Workflow::new(without_call)) else {
        panic!("it has a patch that is not deprecated")
    };
    assert_eq!(divergence.event_id, 2);
    assert!(divergence.to_string().contains("the history has MarkerRecorded"), "{divergence}");
}

#[test]
fn a_forgotten_patch_hides_no_other() {
    let older = |ctx: Ctx| async move {
        ctx.deprecate_patch("first");
        let ways = (ctx.patched("second"), ctx.version("third", 4));
        ctx.signal("end").await;
        Ok(json(&format!("\"{ways:?}\"")))
    };
    let newer = |ctx: Ctx| async move {
        let ways = (ctx.patched("second"), ctx.version("third", 5), ctx.patched("first"));
        ctx.signal("end").await;
        Ok(json(&format!("\"{ways:?}, {}\"", ctx.patched("first"))))
    };
    for way in [Way::Resident, Way::Evicted] {
        let mut world = changed(older, newer, way, |_| ());
        world.signal("end", "1");
        assert_eq!(world.result(), "\"(true, 4, true), true\"");
    }
}

#[test]
fn patches_of_one_activation_are_told_apart() {
    let both = |ctx: Ctx| async move {
        let ways = (ctx.patched("a"), ctx.patched("b"), ctx.patched("a"));
        ctx.signal("end").await;
        Ok(json(&format!("\"{ways:?}\"")))
    };
    let only_a = |ctx: Ctx| async move {
        let ways = (ctx.patched("a"), ctx.patched("a"));
        ctx.signal("end").await;
        Ok(json(&format!("\"{ways:?}\"")))
    };
    for way in [Way::Resident, Way::Evicted] {
        let mut world = changed(both, both, way, |_| ());
        assert_eq!(change_versions(&world), "[\"a\",\"b\"]");
        world.signal("end", "1");
        assert_eq!(world.result(), "\"(true, true, true)\"");
        let mut world = changed(only_a, both, way, |_| ());
        world.signal("end", "1");
        assert_eq!(world.result(), "\"(true, false, true)\"");
    }
}

/// Tells the version it has of a change, twice.
fn versioned(maximum: i32) -> impl Fn(Ctx) -> OutcomeFuture {
    move |ctx: Ctx| {
        Box::pin(async move {
            let first = ctx.version("c", maximum);
            ctx.signal("next").await;
            let second = ctx.version("c", maximum);
            ctx.signal("next").await;
            Ok(json(&format!("[{first},{second}]")))
        })
    }
}

type OutcomeFuture = std::pin::Pin<Box<dyn Future<Output = Outcome>>>;

#[test]
fn a_fresh_run_has_the_newest_version() {
    scenario(versioned(3), |world| {
        assert_eq!(change_versions(world), "[\"c-3\"]");
        world.signal("next", "1");
        world.signal("next", "1");
        assert_eq!(world.result(), "[3,3]");
    });
}

#[test]
fn a_run_keeps_the_version_it_has() {
    for way in [Way::Resident, Way::Evicted] {
        let mut world = changed(versioned(3), versioned(5), way, |_| ());
        world.signal("next", "1");
        world.signal("next", "1");
        assert_eq!(world.result(), "[3,3]");
    }
}

#[test]
fn a_run_from_before_the_change_has_the_oldest_version() {
    for way in [Way::Resident, Way::Evicted] {
        let mut world = changed(rounds_before, versioned(5), way, |_| ());
        world.signal("next", "1");
        world.evict();
        world.signal("next", "1");
        assert_eq!(world.result(), "[-1,-1]");
    }
}

#[test]
fn a_version_that_the_code_does_not_know_any_more_is_told() {
    let newer = |ctx: Ctx| async move {
        ctx.call(|calls| calls.get_version("c".to_owned(), 4, 5));
        Ok(json("null"))
    };
    let world = World::start(Way::Resident, Workflow::new(versioned(3)), started());
    let Err(ReplayError::Failed { error, .. }) = replays(&world, &Workflow::new(newer)) else {
        panic!("the code does not know version 3")
    };
    let message = "the run has version 3 of the change `c`, the code knows 4 to 5 only: \
                   it has to know each version that an open run has";
    assert_eq!(error.message, message);
    let world = World::start(Way::Resident, Workflow::new(rounds_before), started());
    let Err(ReplayError::Diverged(divergence)) = replays(&world, &Workflow::new(newer)) else {
        panic!("it goes on otherwise")
    };
    assert!(divergence.to_string().contains("WorkflowExecutionCompleted"), "{divergence}");
}

#[test]
fn versions_without_sense_and_ids_of_another_kind_are_bugs_of_the_code() {
    type Call = fn(&mut dalsegno_engine::Calls) -> Result<(), dalsegno_engine::calls::CallError>;
    let cases: [(Call, &str); 3] = [
        (|calls| calls.get_version("c".to_owned(), 2, 1).map(drop), "has versions from 2 to 1"),
        (
            |calls| {
                calls.patched("c".to_owned())?;
                calls.get_version("c".to_owned(), 1, 2).map(drop)
            },
            "`c` is a patch, not a version",
        ),
        (
            |calls| {
                calls.get_version("c".to_owned(), 1, 2)?;
                calls.patched("c".to_owned()).map(drop)
            },
            "`c` is a version, not a patch",
        ),
    ];
    for (call, message) in cases {
        let workflow = Workflow::new(move |ctx: Ctx| async move {
            ctx.call(call);
            Ok(json("null"))
        });
        let world = World::start(Way::Resident, workflow, started());
        assert!(world.errors[0].message.contains(message), "{:?}", world.errors);
    }
}

#[test]
fn change_versions_are_listed_as_long_as_they_fit() {
    let workflow = Workflow::new(|ctx: Ctx| async move {
        let all = (0..500).all(|number| ctx.patched(&format!("patch-{number}")));
        ctx.signal("end").await;
        Ok(json(&all.to_string()))
    });
    let mut world = World::start(Way::Evicted, workflow, started());
    let listed = &world.stored.attributes.search_attributes[CHANGE_VERSION];
    read_search_attribute(listed).expect("it is a search attribute");
    assert!(listed.data.len() <= limits::SEARCH_ATTRIBUTE_BYTES_MAX, "{} bytes", listed.data.len());
    assert!(data(listed).starts_with("[\"patch-0\",\"patch-1\","));
    world.signal("end", "1");
    assert_eq!(world.result(), "true");
}
