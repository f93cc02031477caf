//! Workflows in every way of running them: what is stored, and what is done.

mod activities;
mod attributes;
mod cancellation;
mod children;
mod closing;
mod conditions;
mod external;
mod families;
mod given_up;
mod local_activities;
mod markers;
mod retries;
mod signals;
mod succession;
mod take_over;
mod timers;
mod trouble;
mod updates;
