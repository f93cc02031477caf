//! The host: it owns runs, stores what they do, makes their activities, and answers clients.
//!
//! Read [`service`] for what clients can ask, `owner` for how runs live, [`activities`] for work outside the
//! sandbox, [`api`] for HTTP, and [`host`] for how it is put together.

pub mod activities;
pub mod api;
pub mod config;
pub mod host;
mod modules;
mod owner;
pub mod service;
pub mod telemetry;
mod testing;
mod turns;

pub use activities::{ActivityContext, ActivityError, ActivityInfo};
pub use host::{Host, HostBuilder};
