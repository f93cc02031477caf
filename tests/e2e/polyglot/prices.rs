//! `data-pipeline`: a few requests at a time, statistics, a report.

use super::{
    Language::{self, Python, TypeScript},
    Mailbox, Place, Stage,
    mailbox::SERVICES,
};
use crate::prelude::*;

#[rstest]
#[case::all(&["pen", "lamp", "desk", "vase"], json!({
    "count": 3, "total_cents": 27_098, "dearest": "desk", "failed": ["vase"],
}))]
#[case::none(&["vase"], json!({ "count": 0, "total_cents": 0, "dearest": null, "failed": ["vase"] }))]
#[tokio::test]
async fn prices_are_read_and_reported(
    #[values((Python, Sqlite), (TypeScript, Sqlite))] place: Place,
    #[case] skus: &[&str],
    #[case] report: Value,
) {
    let Some(stage) = Stage::set(place, "data-pipeline").await else { return };
    let client = &stage.client;
    let id = unique("prices");
    let to = format!("{id}@example.com");
    let pipeline = json!({ "skus": skus, "report_to": to, "services": stage.services.url() });
    client.begin("data-pipeline", &id, json!([pipeline])).await;
    assert_eq!(client.result(&id).await, report);
    let done = json!({ "stage": "done", "done": skus.len(), "of": skus.len() });
    assert_eq!(client.query(&id, "progress").await, done);
    let subject = format!("Prices of {} articles: {} cents", report["count"], report["total_cents"]);
    assert_eq!(stage.mails_to(&to).await, [subject]);
}

#[rstest]
#[tokio::test]
async fn three_prices_are_asked_for_at_a_time(#[values(Python, TypeScript)] language: Language) {
    let Some(mailbox) = Mailbox::open(language, "data-pipeline") else { return };
    let client = &mailbox.client;
    let pipeline =
        json!({ "skus": ["a", "b", "c", "d"], "report_to": "ada@example.com", "services": SERVICES });
    client.begin("data-pipeline", "p", json!([pipeline])).await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(mailbox.request().await);
    }
    assert_eq!(client.events_of("p", "ActivityTaskScheduled").await.len(), 3, "no more at a time");
    assert_eq!(client.query("p", "progress").await, json!({ "stage": "extract", "done": 0, "of": 4 }));
    for request in &asked {
        let sku = request.path.strip_prefix("/prices/").unwrap_or_default();
        mailbox.answer(request, json!({ "sku": sku, "cents": 5 })).await;
    }
    let last = mailbox.request().await;
    assert_eq!((&*last.method, &*last.path), ("GET", "/prices/d"));
    eventually("three are done", async || {
        let progress = client.query("p", "progress").await;
        if progress == json!({ "stage": "extract", "done": 3, "of": 4 }) { Ok(()) } else { Err(progress) }
    })
    .await;
    mailbox.answer(&last, json!({ "sku": "d", "cents": 5 })).await;
    let mail = mailbox.holds("ada@example.com", "Prices of 4 articles: 20 cents").await;
    assert_eq!(client.query("p", "progress").await, json!({ "stage": "load", "done": 4, "of": 4 }));
    mailbox.answer(&mail, json!({ "id": "email-1" })).await;
    // Of prices that are the same, the first one counts.
    let report = json!({ "count": 4, "total_cents": 20, "dearest": "a", "failed": [] });
    assert_eq!(client.result("p").await, report);
}
