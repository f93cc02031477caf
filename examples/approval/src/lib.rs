//! Waits for a decision, for seven days.

use std::time::Duration;

use dalsegno_sdk::{Context, Failure, workflow};
use serde::Serialize;

const DAYS_TO_DECIDE: u64 = 7;

#[derive(Default)]
struct Approval {
    decision: Decision,
}

#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Decision {
    #[default]
    Waiting,
    Approved {
        by: String,
    },
    Rejected {
        by: String,
        reason: Option<String>,
    },
    Expired,
}

/// Waits for the signal `approve` or `reject`; without one it expires.
#[workflow]
impl Approval {
    #[run]
    async fn run(ctx: Context<Self>, _subject: String, seconds: Option<u64>) -> Result<Decision, Failure> {
        let limit = Duration::from_secs(seconds.unwrap_or(DAYS_TO_DECIDE * 24 * 60 * 60));
        let decided = |approval: &Self| approval.decision != Decision::Waiting;
        if !ctx.wait_condition_timeout(decided, limit).await? {
            ctx.state_mut(|approval| approval.decide(Decision::Expired));
        }
        Ok(ctx.state(|approval| approval.decision.clone()))
    }

    /// Says yes.
    #[signal]
    fn approve(&mut self, by: String) {
        self.decide(Decision::Approved { by });
    }

    /// Says no.
    #[signal]
    fn reject(&mut self, by: String, reason: Option<String>) {
        self.decide(Decision::Rejected { by, reason });
    }

    /// The decision so far.
    #[query]
    fn status(&self) -> Decision {
        self.decision.clone()
    }

    /// The first decision counts.
    fn decide(&mut self, decision: Decision) {
        if self.decision == Decision::Waiting {
            self.decision = decision;
        }
    }
}

dalsegno_sdk::workflows![Approval];
