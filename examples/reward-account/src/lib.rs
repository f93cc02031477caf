//! A customer's points and level, for as long as the customer stays.
//!
//! A workflow that is a thing rather than a task: it has a state, is asked and told, and lives for years.

use dalsegno_sdk::{
    Context, Failure, SearchAttribute, all_handlers_finished, continue_as_new, history,
    upsert_search_attributes, workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop::Shop;

/// Who has the account, and what is on it; the argument of each run.
#[derive(Clone, Deserialize, Serialize)]
struct Account {
    email: String,
    services: Shop,
    #[serde(default)]
    points: u64,
}

/// What can be asked, and the result in the end.
#[derive(Serialize)]
struct Status {
    points: u64,
    level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Basic,
    Silver,
    Gold,
}

impl Account {
    fn level(&self) -> Level {
        match self.points {
            0..500 => Level::Basic,
            500..2_000 => Level::Silver,
            2_000.. => Level::Gold,
        }
    }
}

struct RewardAccount {
    account: Account,
    is_closed: bool,
}

/// Collects points until the account is closed.
#[workflow]
impl RewardAccount {
    #[init]
    fn new(account: Account) -> Self {
        Self { account, is_closed: false }
    }

    #[run]
    async fn run(ctx: Context<Self>, account: Account) -> Result<Status, Failure> {
        show(account.level());
        ctx.wait_condition(|state| {
            let is_time = state.is_closed || history().continue_as_new_suggested;
            is_time && all_handlers_finished()
        })
        .await?;
        if ctx.state(|state| state.is_closed) {
            return Ok(ctx.state(Self::status));
        }
        continue_as_new().input(&ctx.state(|state| state.account.clone())).await
    }

    /// Adds points; answers when the customer knows of a new level.
    #[update]
    async fn add_points(ctx: Context<Self>, points: u64) -> Result<Status, Failure> {
        let (before, after, account) = ctx.state_mut(|state| {
            let before = state.account.level();
            state.account.points += points;
            (before, state.account.level(), state.account.clone())
        });
        if after > before {
            show(after);
            let mail = json!({ "to": account.email, "subject": format!("You have reached {after:?}") });
            account.services.post("/notifications/emails", &mail).await?;
        }
        Ok(ctx.state(Self::status))
    }

    #[validator(add_points)]
    fn are_points(&self, points: u64) -> Result<(), Failure> {
        match (self.is_closed, points) {
            (true, _) => Err(Failure::application("AccountClosed", "the account is closed")),
            (_, 0 | 10_001..) => Err(Failure::application("NoSuchPoints", "1 to 10,000 points are added")),
            _ => Ok(()),
        }
    }

    /// Takes points for a voucher.
    #[update]
    fn redeem(&mut self, points: u64) -> Status {
        let before = self.account.level();
        self.account.points -= points;
        if self.account.level() < before {
            show(self.account.level());
        }
        self.status()
    }

    #[validator(redeem)]
    fn has_enough(&self, points: u64) -> Result<(), Failure> {
        if points > self.account.points {
            return Err(Failure::application("TooFewPoints", "there are not so many points"));
        }
        Ok(())
    }

    /// Ends it, once all updates are answered.
    #[signal]
    fn close(&mut self) {
        self.is_closed = true;
    }

    /// Points and level.
    #[query]
    fn status(&self) -> Status {
        Status { points: self.account.points, level: self.account.level() }
    }
}

/// Lets people find the accounts of a level.
fn show(level: Level) {
    upsert_search_attributes([("Level", SearchAttribute::keyword(format!("{level:?}")))]);
}

dalsegno_sdk::workflows![RewardAccount];
