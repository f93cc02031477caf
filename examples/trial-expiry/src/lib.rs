//! A trial of a month, with a reminder and an end.

use std::time::Duration;

use dalsegno_sdk::{Context, Failure, workflow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop::Shop;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Who tries, and where the services are.
#[derive(Deserialize)]
struct Trial {
    email: String,
    /// From the beginning to the reminder; 27 days by default.
    reminder_seconds: Option<u64>,
    /// From the reminder to the end; 3 days by default.
    grace_seconds: Option<u64>,
    services: Shop,
}

/// How it stands, and the result.
#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Standing {
    #[default]
    Trial,
    Reminded,
    Subscribed {
        plan: String,
    },
    Expired,
}

#[derive(Default)]
struct TrialExpiry {
    standing: Standing,
}

/// Lets a customer try for a month.
#[workflow]
impl TrialExpiry {
    #[run]
    async fn run(ctx: Context<Self>, trial: Trial) -> Result<Standing, Failure> {
        let mail = |subject: &str| {
            trial.services.post("/notifications/emails", &json!({ "to": trial.email, "subject": subject }))
        };
        mail("Welcome to your trial").await?;
        let reminder = Duration::from_secs(trial.reminder_seconds.unwrap_or(27 * DAY_SECONDS));
        if !ctx.wait_condition_timeout(Self::is_subscribed, reminder).await? {
            ctx.state_mut(|state| state.standing = Standing::Reminded);
            mail("Your trial ends soon").await?;
            let grace = Duration::from_secs(trial.grace_seconds.unwrap_or(3 * DAY_SECONDS));
            if !ctx.wait_condition_timeout(Self::is_subscribed, grace).await? {
                ctx.state_mut(|state| state.standing = Standing::Expired);
            }
        }
        let standing = ctx.state(|state| state.standing.clone());
        mail(if standing == Standing::Expired { "Your trial has ended" } else { "Thank you!" }).await?;
        Ok(standing)
    }

    /// The customer stays.
    #[signal]
    fn subscribe(&mut self, plan: String) {
        // After the end it is too late.
        if self.standing != Standing::Expired {
            self.standing = Standing::Subscribed { plan };
        }
    }

    /// How it stands.
    #[query]
    fn standing(&self) -> Standing {
        self.standing.clone()
    }

    fn is_subscribed(&self) -> bool {
        matches!(self.standing, Standing::Subscribed { .. })
    }
}

dalsegno_sdk::workflows![TrialExpiry];
