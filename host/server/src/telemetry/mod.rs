//! What a host says of itself: metrics, and the logs of its guests.

pub(crate) mod guest;
pub mod logs;
pub(crate) mod metrics;
