//! The pure engine: what a run is, and how it goes on.
//!
//! It folds events into the state of a run, and turns the calls of a guest into commands, or compares them
//! with a history. It knows no clock, no randomness, no database, no Wasm and no threads; whoever runs it
//! gives it the time, a guest, and what happens, and stores and does what it answers.
//!
//! Read [`event`] for what a history is made of, [`state`] for the fold, [`machines`] for the single kinds of
//! operations, [`calls`] for what a guest may ask, [`run`] for how a live run takes turns, and [`replay`].

pub mod attempts;
pub mod attributes;
pub mod calls;
pub mod divergence;
pub mod event;
pub mod export;
pub mod failure;
pub mod guest;
pub mod history;
pub mod ids;
pub mod limits;
pub mod machines;
pub mod message;
pub mod payload;
mod payloads;
pub mod replay;
pub mod retry;
pub mod run;
pub mod seed;
pub mod state;
mod status;
pub mod time;
pub mod trouble;

pub use calls::Calls;
pub use failure::Failure;
pub use history::Transition;
pub use payload::{Headers, Payload};
pub use run::Run;
pub use seed::Seed;
pub use state::{State, Status};
pub use time::{Millis, Timestamp};
