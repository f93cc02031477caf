//! Workflows against a host that only writes down what it is asked.

mod rig;

mod activities;
mod cancellation;
mod concurrency;
mod conditions;
mod handlers;
mod timers;
