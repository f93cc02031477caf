//! Random workflows under random hosts: what is live is what a replay gives, whatever happens between.

use proptest::prelude::*;

use crate::kit::{Way, World};
use host::{Host, actions};
use script::{scripts, starts, workflow};

mod host;
mod script;

/// Cases of a run of the tests that does not choose.
const CASES: u32 = 64;

/// As many cases as `PROPTEST_CASES` says, or few enough for every build.
fn config() -> ProptestConfig {
    let chosen = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    ProptestConfig { cases: if chosen { default.cases } else { CASES }, failure_persistence: None, ..default }
}

/// A history cut at any transition replays to the same prefix.
fn every_prefix_replays(world: &World) {
    let mut whole = world.workflow.guest();
    world.stored.replay(&mut whole).expect("it replays");
    let mut prefix = world.stored.clone();
    while prefix.history.len() > 1 {
        prefix.history.pop_last();
        let mut guest = world.workflow.guest();
        let state = prefix.replay(&mut guest).expect("a part of it replays");
        assert_eq!(state.state(), &prefix.state());
        assert!(whole.seen.starts_with(&guest.seen));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_live_run_is_what_its_replay_gives(
        start in starts(),
        script in scripts(),
        actions in actions(),
    ) {
        let outcomes = [Way::Resident, Way::Evicted].map(|way| {
            let world = World::start(way, workflow(&script, false), start.clone());
            let mut host = Host::new(world, script.clone());
            actions.iter().for_each(|action| host.act(action));
            host.finish();
            every_prefix_replays(&host.world);
            let stored = host.world.stored;
            (stored.history, stored.sent, stored.updates, stored.successor)
        });
        let [resident, evicted] = outcomes;
        prop_assert_eq!(resident, evicted);
    }
}
