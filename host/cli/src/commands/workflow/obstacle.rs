//! What stands in the way of a run, told to those who wait for its end or for an update of it.

use std::time::Duration;

use serde_json::Value;

use super::{RunArgs, Session};
use crate::{failure, output};

/// How long the first request of those who wait does so, after which it is told what stands in the way.
pub(super) const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How long each later one waits. The host allows a minute.
pub(super) const WAIT: Duration = Duration::from_secs(30);

/// What stands in the way of a run, each time that it is another thing.
#[derive(Default)]
pub(super) struct Obstacle {
    told: Option<String>,
}

impl Obstacle {
    /// Looks at the newest run of a workflow, and tells what is new. That it cannot be seen is no news.
    pub(super) async fn tell(&mut self, run: &RunArgs, session: &Session) {
        let description = session.client.get(&run.path(&[]));
        let Ok(answer) = session.client.send_once(&description).await else { return };
        let Some(obstacle) = answer.json::<Value>().ok().as_ref().and_then(obstacle) else { return };
        if self.told.as_ref() != Some(&obstacle) {
            output::note(&format!(
                "still waiting: {obstacle}\n  see: dalsegno workflow describe {}",
                run.name()
            ));
            self.told = Some(obstacle);
        }
    }
}

/// In one line; none if the run goes its way.
fn obstacle(run: &Value) -> Option<String> {
    let first_line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    if let Some(reason) = run["blocked"]["reason"].as_str() {
        return Some(format!("the run is parked: {}", first_line(reason)));
    }
    if let Some(error) = run["last_error"].as_str() {
        return Some(format!("its code fails and is tried again: {}", first_line(error)));
    }
    let activities = run["pending_activities"].as_array().into_iter().flatten();
    let mut failing = activities.filter_map(|activity| {
        let last = activity.get("last_failure").filter(|last| last.is_object())?;
        let name = activity["activity_type"].as_str().unwrap_or_default();
        Some(format!("the activity {name} fails and is tried again: {}", failure::headline(last)))
    });
    failing.next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_worst_is_told_in_one_line() {
        let activity = json!({
            "activity_type": "charge", "attempt": 3, "last_failure": {"message": "no funds", "kind": {}},
        });
        let mut run = json!({ "pending_activities": [{ "activity_type": "slow" }, activity] });
        assert_eq!(obstacle(&run).as_deref(), Some("the activity charge fails and is tried again: no funds"));
        run["last_error"] = json!("a bug\n  at line 3");
        assert_eq!(obstacle(&run).as_deref(), Some("its code fails and is tried again: a bug"));
        run["blocked"] = json!({ "reason": "a bug, twice\n  at line 3" });
        assert_eq!(obstacle(&run).as_deref(), Some("the run is parked: a bug, twice"));
        assert_eq!(obstacle(&json!({ "pending_activities": [] })), None);
    }
}
