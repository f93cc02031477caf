//! `reward-account`: told, asked, found, and closed.

use super::{
    Language::{self, Python, Rust, TypeScript},
    Mailbox, Place, Stage,
    mailbox::SERVICES,
};
use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_reward_account_is_told_and_asked(
    #[values((Rust, Sqlite), (Rust, Postgres), (Python, Sqlite), (TypeScript, Sqlite))] place: Place,
) {
    let Some(stage) = Stage::set(place, "reward-account").await else { return };
    let client = &stage.client;
    let id = unique("account");
    let to = format!("{id}@example.com");
    let account = json!({ "email": to, "services": stage.services.url() });
    client.begin("reward-account", &id, json!([account])).await;
    let add = async |points: u64| client.update(&id, "add_points", json!([points])).await;
    assert_eq!(add(400).await, json!({ "points": 400, "level": "basic" }));
    assert_eq!(add(1_700).await, json!({ "points": 2_100, "level": "gold" }));
    assert_eq!(client.describe(&id).await["search_attributes"], json!({ "Level": "Gold" }));
    assert_eq!(stage.mails_to(&to).await, ["You have reached Gold"]);
    for (name, points, refusal) in [
        ("add_points", 0, "NoSuchPoints"),
        ("add_points", 10_001, "NoSuchPoints"),
        ("redeem", 2_101, "TooFewPoints"),
    ] {
        let failure = client.rejected(&id, name, json!([points])).await;
        assert_eq!(failure["kind"]["application"]["type"], refusal, "{failure}");
    }
    assert_eq!(client.update(&id, "redeem", json!([100])).await["points"], 2_000);
    assert_eq!(client.query(&id, "status").await, json!({ "points": 2_000, "level": "gold" }));
    assert_eq!(client.update(&id, "redeem", json!([1])).await, json!({ "points": 1_999, "level": "silver" }));
    assert_eq!(client.describe(&id).await["search_attributes"], json!({ "Level": "Silver" }));
    client.signal(&id, "close", json!([])).await;
    assert_eq!(client.result(&id).await, json!({ "points": 1_999, "level": "silver" }));
}

#[rstest]
#[tokio::test]
async fn a_reward_account_closes_once_all_updates_are_answered(
    #[values(Rust, Python, TypeScript)] language: Language,
) {
    let Some(mailbox) = Mailbox::open(language, "reward-account") else { return };
    let client = &mailbox.client;
    let account = json!([{ "email": "ada@example.com", "services": SERVICES, "points": 100 }]);
    client.begin("reward-account", "r", account).await;
    let silver = json!({ "points": 600, "level": "silver" });
    let added = client.update("r", "add_points", json!([500]));
    let closed = async {
        let mail = mailbox.holds("ada@example.com", "You have reached Silver").await;
        client.signal("r", "close", json!([])).await;
        let failure = client.rejected("r", "add_points", json!([1])).await;
        assert_eq!(failure["kind"]["application"]["type"], "AccountClosed", "{failure}");
        mailbox.answer(&mail, json!({ "id": "email-1" })).await;
    };
    let (added, ()) = tokio::join!(added, closed);
    assert_eq!(added, silver);
    assert_eq!(client.result("r").await, silver);
}
