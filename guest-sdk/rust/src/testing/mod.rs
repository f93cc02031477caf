//! Tests of workflows: the real host, with time that is skipped and activities that the test stands in for.
//!
//! With the feature `testing` among the `dev-dependencies` of a workflow's crate:
//!
//! ```toml
//! [dev-dependencies]
//! dalsegno-sdk = { version = "0.1", features = ["testing"] }
//! ```
//!
//! a test in `tests/` builds the crate as a component, starts `dalsegno test-server` with it, and talks to it as
//! any client does. A wait of three days takes milliseconds.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use dalsegno_sdk::{Failure, testing::{Error, TestServer}};
//!
//! #[test]
//! fn an_order_that_nobody_pays_is_given_up_after_three_days() -> Result<(), Error> {
//!     let server = TestServer::start()?;
//!     server.activity("reserve", |item: String| Ok(format!("reservation of {item}")));
//!     server.activity("charge", |_: u64| -> Result<(), Failure> {
//!         Err(Failure::application("Declined", "no money").non_retryable())
//!     });
//!
//!     let order = server.workflow("order").input("lamp").input(&1999).start()?;
//!     server.advance(Duration::from_secs(24 * 60 * 60))?;
//!     assert_eq!(order.query("status").ask::<String>()?, "unpaid");
//!     order.signal("remind").input("by mail").send()?;
//!     assert_eq!(order.result::<String>()?, "given up");
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! Time is skipped only while the test waits for the end of a run or of an update, or asks for it by
//! [`TestServer::advance`], and only while nothing is under way: a test that starts a workflow and then signals it
//! loses no race against a timer. An attempt of an activity is under way until its closure returns.
//!
//! The program `dalsegno` is found by the environment variable `DALSEGNO_BIN`, else in `PATH`. Where components are
//! built beforehand, `DALSEGNO_COMPONENTS` names their folder, and no test builds its own. In other languages the
//! same server is used over HTTP: `dalsegno test-server --help` says how.

mod activities;
mod client;
mod component;
mod error;
mod failures;
mod run;
mod server;

pub use self::{
    error::Error,
    run::{Query, Run, Signal, Start, Update},
    server::TestServer,
};
