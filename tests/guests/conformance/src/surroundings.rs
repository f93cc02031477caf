//! What a run sees of the world, and knows of itself.

use std::time::{Duration, SystemTime};

use dalsegno_sdk::{Failure, info, sleep, workflow};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call;

/// Draws, and looks at the clock.
#[workflow]
pub(crate) async fn draws() -> Result<Value, Failure> {
    let (u1, u2) = (Uuid::new_v4(), Uuid::new_v4());
    let (r1, r2): (u64, u64) = (rand::random(), rand::random());
    let (t1, t2) = (SystemTime::now(), SystemTime::now());
    let drawn = format!("{u1} {u2} {r1} {r2} {t1:?}");
    let _: Value = call("echo").input(&drawn).await?;
    let nap = Duration::from_millis(50);
    sleep(nap).await?;
    Ok(json!({
        "moved": SystemTime::now().duration_since(t1)? >= nap,
        "random_differ": r1 != r2, "still": t1 == t2, "uuids_differ": u1 != u2,
    }))
}

/// What the run knows of itself.
#[workflow(name = "info")]
pub(crate) async fn info_known() -> Result<Value, Failure> {
    let info = info();
    Ok(json!({
        "attempt": info.attempt, "continued": info.continued_run_id.is_some(),
        "first": info.run_id == info.first_run_id, "namespace": info.namespace,
        "parent": info.parent.map(|parent| parent.workflow_id), "task_queue": info.task_queue,
        "workflow_id": info.workflow_id, "workflow_type": info.workflow_type,
    }))
}
