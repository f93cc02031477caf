//! The engine, held to what it promises: scenarios in every way of running them, properties, stored forms.
//!
//! Read `kit` for how a scenario is written, then any other module.

mod calls;
mod divergence;
mod divergence_of_calls;
mod goldens;
mod json;
mod kit;
mod properties;
mod scenarios;
mod stored;
