//! Tests that need more than the public interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod contract;
mod determinism;
mod engines;
mod visible_memory;

#[expect(dead_code, reason = "each test uses a part")]
#[path = "../../tests/support/mod.rs"]
mod support;
