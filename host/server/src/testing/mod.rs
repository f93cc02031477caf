//! What a host has for tests of workflows: time that is skipped, and activities that are stood in for.
//!
//! Everything else is the real thing. [`time`] decides when the clock jumps, [`stand_ins`] are answers registered for
//! activities; activities without one wait for whoever polls for them.

mod stand_ins;
mod time;

use std::sync::Arc;

pub(crate) use self::{
    stand_ins::{Answer, StandIns},
    time::{TestTime, rests, skip, waits},
};
use crate::{activities::Pollers, owner::under_way::UnderWay};

/// What the calls of a test host have to do with.
#[derive(Clone)]
pub(crate) struct Testing {
    pub(crate) under_way: UnderWay,
    pub(crate) time: Arc<TestTime>,
    pub(crate) stand_ins: Arc<StandIns>,
    pub(crate) pollers: Arc<Pollers>,
}

impl Testing {
    pub(crate) fn new() -> Self {
        let under_way = UnderWay::counted();
        Self {
            time: Arc::new(TestTime::new(under_way.clone())),
            under_way,
            stand_ins: Arc::default(),
            pollers: Arc::default(),
        }
    }
}
