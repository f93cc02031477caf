//! `approval` and `purchase-order`: decided, or too late.

use super::{
    Language::{self, Python, Rust, TypeScript},
    Mailbox, Place, Stage,
    mailbox::SERVICES,
};
use crate::prelude::*;

const MANAGER: &str = "grace@example.com";
const DIRECTOR: &str = "edsger@example.com";
const REQUESTER: &str = "ada@example.com";

#[rstest]
#[tokio::test]
async fn an_approval_is_given_or_not(
    #[values((Rust, Sqlite), (Rust, Postgres), (Python, Sqlite), (TypeScript, Sqlite))] place: Place,
) {
    let Some(Stage { client, .. }) = Stage::set(place, "approval").await else { return };
    for (signal, input, decision) in [
        ("approve", json!(["Ada"]), json!({ "status": "approved", "by": "Ada" })),
        ("reject", json!(["Ada"]), json!({ "status": "rejected", "by": "Ada", "reason": null })),
        (
            "reject",
            json!(["Ada", "too dear"]),
            json!({ "status": "rejected", "by": "Ada", "reason": "too dear" }),
        ),
    ] {
        let id = unique("approval");
        client.begin("approval", &id, json!(["the new office"])).await;
        assert_eq!(client.query(&id, "status").await, json!({ "status": "waiting" }));
        let due = client.describe(&id).await["timers"][0]["due"].clone();
        assert!(due.is_string(), "it waits for seven days: {due}");
        client.signal(&id, signal, input).await;
        assert_eq!(client.result(&id).await, decision);
        assert_eq!(client.query(&id, "status").await, decision);
    }
}

#[rstest]
#[tokio::test]
async fn an_approval_expires(
    #[values((Rust, Sqlite), (Rust, Postgres), (Python, Sqlite), (TypeScript, Sqlite))] place: Place,
) {
    let Some(Stage { client, .. }) = Stage::set(place, "approval").await else { return };
    let id = unique("approval");
    client.begin("approval", &id, json!(["the new office", 1])).await;
    assert_eq!(client.result(&id).await, json!({ "status": "expired" }));
}

#[rstest]
#[tokio::test]
async fn an_approval_expires_after_a_week_unless_it_is_said_otherwise(
    #[values(Rust, Python, TypeScript)] language: Language,
) {
    let Some(mailbox) = Mailbox::open(language, "approval") else { return };
    mailbox.client.begin("approval", "a", json!(["the new office"])).await;
    mailbox.skip("6 days").await;
    assert_eq!(mailbox.client.query("a", "status").await, json!({ "status": "waiting" }));
    assert_eq!(mailbox.client.result("a").await, json!({ "status": "expired" }));
    assert_eq!(mailbox.days_of("a").await, 7);
}

fn purchase() -> Value {
    json!([{
        "purchase": "100 lamps", "requester": REQUESTER, "manager": MANAGER, "director": DIRECTOR,
        "services": SERVICES,
    }])
}

fn decision(by: &str, approved: bool, reason: Option<&str>) -> Value {
    json!([{ "by": by, "approved": approved, "reason": reason }])
}

fn standing(status: &str, by: Option<&str>, reason: Option<&str>) -> Value {
    json!({ "status": status, "by": by, "reason": reason })
}

/// Holds that somebody's decision is refused, and why.
async fn refused(client: &Client, by: &str, why: &str) {
    let failure = client.rejected("p", "decide", decision(by, true, None)).await;
    assert_eq!(failure["kind"]["application"]["type"], why, "{failure}");
}

#[rstest]
#[case::approved(true, None, "approved")]
#[case::rejected(false, Some("too dear"), "rejected")]
#[tokio::test]
async fn the_manager_decides_on_a_purchase(
    #[values(Python, TypeScript)] language: Language,
    #[case] approved: bool,
    #[case] reason: Option<&str>,
    #[case] status: &str,
) {
    let Some(mailbox) = Mailbox::open(language, "purchase-order") else { return };
    let client = &mailbox.client;
    client.begin("purchase-order", "p", purchase()).await;
    mailbox.sends(MANAGER, "Please approve: 100 lamps").await;
    mailbox.skip("47 hours").await;
    assert_eq!(client.query("p", "status").await, standing("waiting", None, None));
    refused(client, DIRECTOR, "NotInCharge").await;
    let decided = standing(status, Some(MANAGER), reason);
    assert_eq!(client.update("p", "decide", decision(MANAGER, approved, reason)).await, decided);
    let last = mailbox.holds(REQUESTER, &format!("100 lamps: {status}")).await;
    refused(client, MANAGER, "AlreadyDecided").await;
    mailbox.answer(&last, json!({ "id": "email-1" })).await;
    assert_eq!(client.result("p").await, decided);
    assert_eq!(client.query("p", "status").await, decided);
}

#[rstest]
#[tokio::test]
async fn a_purchase_that_nobody_decides_on_is_escalated(
    #[values(Python, TypeScript)] language: Language,
    #[values(MANAGER, DIRECTOR)] by: &str,
) {
    let Some(mailbox) = Mailbox::open(language, "purchase-order") else { return };
    let client = &mailbox.client;
    client.begin("purchase-order", "p", purchase()).await;
    mailbox.sends(MANAGER, "Please approve: 100 lamps").await;
    mailbox.skip_to_request("48 hours");
    mailbox.sends(DIRECTOR, "Nobody has decided: 100 lamps").await;
    assert_eq!(client.query("p", "status").await, standing("escalated", None, None));
    refused(client, REQUESTER, "NotInCharge").await;
    let decided = standing("approved", Some(by), None);
    assert_eq!(client.update("p", "decide", decision(by, true, None)).await, decided);
    mailbox.sends(REQUESTER, "100 lamps: approved").await;
    assert_eq!(client.result("p").await, decided);
    assert_eq!(mailbox.days_of("p").await, 2);
}

#[rstest]
#[tokio::test]
async fn a_purchase_expires_when_nobody_ever_decides(#[values(Python, TypeScript)] language: Language) {
    let Some(mailbox) = Mailbox::open(language, "purchase-order") else { return };
    mailbox.client.begin("purchase-order", "p", purchase()).await;
    mailbox.sends(MANAGER, "Please approve: 100 lamps").await;
    mailbox.skip_to_request("48 hours");
    mailbox.sends(DIRECTOR, "Nobody has decided: 100 lamps").await;
    mailbox.skip_to_request("48 hours");
    mailbox.sends(REQUESTER, "100 lamps: expired").await;
    assert_eq!(mailbox.client.result("p").await, standing("expired", None, None));
    assert_eq!(mailbox.days_of("p").await, 4);
}
