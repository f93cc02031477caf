//! Workflows in every way of running them: what is stored, and what is done.

mod activities;
mod cancellation;
mod children;
mod closing;
mod conditions;
mod families;
mod retries;
mod signals;
mod take_over;
mod timers;
mod trouble;
mod updates;
