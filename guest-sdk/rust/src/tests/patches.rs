//! Patches and versions.

use serde_json::json;

use super::rig::Rig;
use crate::{deprecate_patch, get_version, patched, workflow};

#[workflow]
async fn changed() -> (bool, i32) {
    deprecate_patch("oldest");
    (patched("new-way"), get_version("service", 1, 3))
}

#[test]
fn new_runs_take_the_new_way() {
    let rig = Rig::started::<changed>(json!([]));
    let calls = ["deprecate oldest", "patched new-way", "version service 1 3", "complete [true,3]"];
    assert_eq!(rig.calls(), calls);
}

#[test]
fn runs_that_passed_before_take_the_old_one() {
    let rig = Rig::new::<changed>().without_patch("new-way").without_patch("service");
    rig.activate([rig.start(json!([]))]).unwrap();
    assert_eq!(rig.calls().last().unwrap(), "complete [false,1]");
}

#[test]
fn the_place_of_a_patch_is_the_users() {
    let rig = Rig::new::<changed>().wanting_call_sites();
    rig.activate([rig.start(json!([]))]).unwrap();
    let calls = rig.calls();
    for place in [0, 2, 4] {
        assert!(calls[place].starts_with("at src/tests/patches.rs:"), "{calls:?}");
    }
}
