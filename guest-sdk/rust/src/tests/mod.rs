//! Workflows against a host that only writes down what it is asked.

mod rig;

mod activities;
mod cancellation;
mod conditions;
mod concurrency;
mod handlers;
mod timers;
