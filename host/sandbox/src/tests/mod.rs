//! Tests that need more than the public interface.

mod contract;
mod determinism;
mod engines;
mod visible_memory;

#[path = "../../tests/support/mod.rs"]
mod support;
