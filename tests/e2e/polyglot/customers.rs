//! `welcome-email` and `trial-expiry`: mails that come days later, or not.

use super::{
    Language::{self, Python, Rust, TypeScript},
    Mailbox, Place, Stage,
    mailbox::SERVICES,
};
use crate::prelude::*;

const ADA: &str = "ada@example.com";

fn customer() -> Value {
    json!([{ "name": "Ada", "email": ADA, "services": SERVICES }])
}

#[rstest]
#[tokio::test]
async fn a_customer_gets_a_second_mail_after_three_days(#[values(Python, TypeScript)] language: Language) {
    let Some(mailbox) = Mailbox::open(language, "welcome-email") else { return };
    mailbox.client.begin("welcome-email", "w", customer()).await;
    mailbox.sends(ADA, "Welcome, Ada!").await;
    mailbox.skip_to_request("3 days");
    mailbox.sends(ADA, "How do you like it, Ada?").await;
    assert_eq!(mailbox.client.result("w").await, json!({ "followed_up": true }));
    assert_eq!(mailbox.days_of("w").await, 3);
}

#[rstest]
#[tokio::test]
async fn a_customer_who_wants_no_more_gets_no_second_mail(#[values(Python, TypeScript)] language: Language) {
    let Some(mailbox) = Mailbox::open(language, "welcome-email") else { return };
    mailbox.client.begin("welcome-email", "w", customer()).await;
    mailbox.sends(ADA, "Welcome, Ada!").await;
    mailbox.skip("2 days").await;
    mailbox.client.signal("w", "unsubscribe", json!([])).await;
    assert_eq!(mailbox.client.result("w").await, json!({ "followed_up": false }));
    assert_eq!(mailbox.client.events_of("w", "ActivityTaskScheduled").await.len(), 1);
    assert_eq!(mailbox.days_of("w").await, 2);
}

#[rstest]
#[case::late(1, None, "expired", "Your trial has ended")]
#[case::reminded(1, Some("reminded"), "subscribed", "Thank you!")]
#[case::early(1_000, Some("trial"), "subscribed", "Thank you!")]
#[tokio::test]
async fn a_trial_expires_or_not(
    #[values((Rust, Sqlite), (Rust, Postgres), (Python, Sqlite), (TypeScript, Sqlite))] place: Place,
    #[case] reminder_seconds: u64,
    #[case] subscribes: Option<&str>,
    #[case] status: &str,
    #[case] last_mail: &str,
) {
    let Some(stage) = Stage::set(place, "trial-expiry").await else { return };
    let client = &stage.client;
    let id = unique("trial");
    let to = format!("{id}@example.com");
    let trial = json!({
        "email": to, "services": stage.services.url(), "reminder_seconds": reminder_seconds,
        "grace_seconds": if subscribes.is_some() { 1_000 } else { 1 },
    });
    client.begin("trial-expiry", &id, json!([trial])).await;
    if let Some(at) = subscribes {
        eventually("it stands so", async || {
            let standing = client.query(&id, "standing").await;
            if standing["status"] == at { Ok(()) } else { Err(standing) }
        })
        .await;
        client.signal(&id, "subscribe", json!(["yearly"])).await;
    }
    let standing = client.result(&id).await;
    assert_eq!(standing["status"], status, "{standing}");
    let mut mails = vec!["Welcome to your trial", "Your trial ends soon", last_mail];
    if subscribes == Some("trial") {
        mails.remove(1);
    }
    assert_eq!(stage.mails_to(&to).await, mails);
}

#[rstest]
#[tokio::test]
async fn a_trial_lasts_a_month(#[values(Rust, Python, TypeScript)] language: Language) {
    let Some(mailbox) = Mailbox::open(language, "trial-expiry") else { return };
    let client = &mailbox.client;
    client.begin("trial-expiry", "t", json!([{ "email": ADA, "services": SERVICES }])).await;
    mailbox.sends(ADA, "Welcome to your trial").await;
    mailbox.skip("26 days").await;
    assert_eq!(client.query("t", "standing").await, json!({ "status": "trial" }));
    mailbox.skip_to_request("1 day");
    mailbox.sends(ADA, "Your trial ends soon").await;
    assert_eq!(client.query("t", "standing").await, json!({ "status": "reminded" }));
    mailbox.skip_to_request("3 days");
    mailbox.sends(ADA, "Your trial has ended").await;
    assert_eq!(client.result("t").await, json!({ "status": "expired" }));
    assert_eq!(mailbox.days_of("t").await, 30);
}

#[rstest]
#[tokio::test]
async fn a_plan_that_is_chosen_after_the_end_is_too_late(
    #[values(Rust, Python, TypeScript)] language: Language,
) {
    let Some(mailbox) = Mailbox::open(language, "trial-expiry") else { return };
    let client = &mailbox.client;
    let trial = json!([{ "email": ADA, "services": SERVICES, "reminder_seconds": 60, "grace_seconds": 60 }]);
    client.begin("trial-expiry", "t", trial).await;
    mailbox.sends(ADA, "Welcome to your trial").await;
    mailbox.skip_to_request("60s");
    mailbox.sends(ADA, "Your trial ends soon").await;
    mailbox.skip_to_request("60s");
    let last = mailbox.holds(ADA, "Your trial has ended").await;
    client.signal("t", "subscribe", json!(["pro"])).await;
    mailbox.answer(&last, json!({ "id": "email-1" })).await;
    assert_eq!(client.result("t").await, json!({ "status": "expired" }));
}
