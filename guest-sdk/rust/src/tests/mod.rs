//! Workflows against a host that only writes down what it is asked.

mod recorder;
mod rig;

mod activities;
mod cancellation;
mod children;
mod concurrency;
mod conditions;
mod continuing;
mod dynamic;
mod handlers;
mod headers;
mod inspecting;
mod other_runs;
mod patches;
#[cfg(feature = "schemas")]
mod schemas;
mod scopes;
mod surroundings;
mod timers;
mod updates;
