//! The house rules, as tests: what nobody should have to say in a review.
//!
//! They read the repository and what cargo knows of it, and need neither a network nor anything built. Read
//! `repository` for what they look at, `code` for how text that only looks like code is left out, then a rule.

mod code;
mod contract;
mod examples;
mod layers;
mod licences;
mod repository;
mod rust_files;
mod sql;
