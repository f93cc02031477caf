//! Random programs of the interpreter workflow, while guests are dropped and hosts are killed, against a model.
//!
//! A failed test prints the seed of its chance; `DALSEGNO_TEST_SEED` repeats the programs.
//! `DALSEGNO_TEST_ROUNDS=20` plays twenty times as many.

mod generator;
mod model;
mod play;
#[path = "../guests/interpreter/src/program.rs"]
mod program;
