//! The onboarding without its services, in the time of the machine: three days take milliseconds.

use std::sync::{Arc, Mutex};

use dalsegno_sdk::{
    Failure,
    testing::{Error, TestServer},
};
use serde_json::{Value, json};

fn customer() -> Value {
    json!({ "name": "Ada", "email": "ada@example.com", "address": "1 Sign Street", "services": "http://shop" })
}

#[test]
fn the_follow_up_is_sent_after_three_days() -> Result<(), Error> {
    let server = TestServer::start()?;
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = sent.clone();
    server.activity("http", move |request: Value| {
        seen.lock().expect("no closure panics").push(request["body"]["subject"].clone());
        Ok(json!({ "status": 201, "body": { "id": request["url"] } }))
    });
    let onboarded: Value = server.workflow("onboarding").input(&customer()).execute()?;
    let expected = json!({
        "account": "http://shop/accounts", "welcome_kit": "http://shop/shipping/shipments", "followed_up": true,
    });
    assert_eq!(onboarded, expected);
    let subjects = sent.lock().expect("no closure panics");
    let subjects: Vec<&str> = subjects.iter().filter_map(Value::as_str).collect();
    assert_eq!(subjects, ["Welcome, Ada!", "How do you like it, Ada?"]);
    Ok(())
}

#[test]
fn a_service_that_refuses_ends_the_onboarding() -> Result<(), Error> {
    let server = TestServer::start()?;
    server.activity("http", |_: Value| -> Result<Value, Failure> {
        Err(Failure::application("HttpStatus", "422 Unprocessable Entity").non_retryable())
    });
    let error = server.workflow("onboarding").input(&customer()).execute::<Value>().expect_err("it fails");
    assert_eq!(error.application_type(), Some("HttpStatus"));
    Ok(())
}
