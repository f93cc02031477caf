//! Faults, and an audit afterwards: nothing lost, nothing doubled, nothing stranded.
//!
//! Each test counts that its fault really struck. The auditor's own tests are its negative controls. A failed test
//! prints the seed of its chance; `DALSEGNO_TEST_SEED` repeats it.

mod families;
mod kill;
mod traffic;
