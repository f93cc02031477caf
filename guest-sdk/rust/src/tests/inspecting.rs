//! What the built-in queries tell.

use std::time::Duration;

use serde_json::json;

use super::rig::Rig;
use crate::{Failure, child, external, local_activity, scope, shielded, sleep, spawn, workflow};

#[workflow]
async fn waits_for_much() -> Result<(), Failure> {
    spawn(async { child::<()>("started").workflow_id("s-1").await });
    let limit = Duration::from_secs(1);
    let all = scope(async {
        futures::join!(
            child::<()>("part").workflow_id("p-1"),
            external("other").signal("hello"),
            external("other").cancel(""),
            local_activity::<()>("quick").start_to_close(limit),
            shielded(sleep(limit)),
        )
    });
    drop(all.await);
    Ok(())
}

#[test]
fn the_stack_trace_names_what_is_awaited_and_in_which_scope() {
    let rig = Rig::started::<waits_for_much>(json!([]));
    rig.resume(7, "run-2");
    let trace = rig.query("__stack_trace", json!([])).unwrap();
    let file = "src/tests/inspecting.rs";
    let lines: Vec<&str> = trace.as_str().unwrap().lines().collect();
    let scoped = format!(", in the scope of {file}:14:15");
    let expected = [
        "run".to_owned(),
        format!("    start of child part `p-1` (operation 1), at {file}:16:13{scoped}"),
        format!("    signal hello to `other` (operation 3), at {file}:17:31{scoped}"),
        format!("    request to cancel `other` (operation 4), at {file}:18:31{scoped}"),
        format!("    local activity quick (operation 5), at {file}:19:13{scoped}"),
        format!("    timer of 1s (operation 6), at {file}:20:22, shielded by {file}:20:13"),
        "task".to_owned(),
        format!("    child started `s-1` (operation 8), at {file}:12:19"),
    ];
    assert_eq!(lines, expected);
}
