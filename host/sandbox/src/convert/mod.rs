//! Between the types of the contract and those of the engine. Nothing here decides anything.

pub(crate) mod activation;
pub(crate) mod activity;
pub(crate) mod child;
pub(crate) mod continuation;
pub(crate) mod definition;
pub(crate) mod failure;
pub(crate) mod payload;
pub(crate) mod run_info;
