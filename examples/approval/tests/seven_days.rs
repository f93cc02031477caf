//! The approval, in the time of the machine: a week takes milliseconds.

use std::time::Duration;

use dalsegno_sdk::testing::{Error, TestServer};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn nobody_decides_within_a_week() -> Result<(), Error> {
    let server = TestServer::start()?;
    let approval = server.workflow("approval").input("a holiday").start()?;
    assert_eq!(approval.result::<Value>()?, json!({ "status": "expired" }));
    Ok(())
}

#[test]
fn somebody_decides_on_the_sixth_day() -> Result<(), Error> {
    let server = TestServer::start()?;
    let approval = server.workflow("approval").input("a holiday").start()?;
    server.advance(6 * DAY)?;
    assert_eq!(approval.query("status").ask::<Value>()?, json!({ "status": "waiting" }));
    approval.signal("approve").input("Ada").send()?;
    assert_eq!(approval.result::<Value>()?, json!({ "status": "approved", "by": "Ada" }));
    Ok(())
}

#[test]
fn a_decision_of_the_eighth_day_is_too_late() -> Result<(), Error> {
    let server = TestServer::start()?;
    let approval = server.workflow("approval").input("a holiday").start()?;
    server.advance(8 * DAY)?;
    let error = approval.signal("approve").input("Ada").send().expect_err("it has expired");
    assert!(matches!(&error, Error::Refused { code, .. } if code == "workflow_closed"), "{error}");
    Ok(())
}
