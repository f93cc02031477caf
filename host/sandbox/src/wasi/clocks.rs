//! `wasi:clocks`: the activation's time, the same throughout.

use dalsegno_engine::Timestamp;
use wasmtime::{
    StoreContextMut,
    component::{ComponentType, Lift, Linker, Lower, Resource},
};

use super::{io::Pollable, name};
use crate::context::Context;

#[derive(Debug, Clone, Copy, ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl From<Timestamp> for Datetime {
    fn from(time: Timestamp) -> Self {
        let micros = time.as_micros();
        let nanoseconds = u32::try_from(micros % 1_000_000 * 1_000).unwrap_or(0);
        Self { seconds: micros / 1_000_000, nanoseconds }
    }
}

/// What the monotonic clock says: the time since 1970, so that it never falls. Outside of any run that is zero,
/// which Go's runtime takes for a broken clock: then one.
pub(super) fn monotonic_nanos(time: Timestamp) -> u64 {
    time.as_micros().saturating_mul(1_000).max(1)
}

const RESOLUTION_NANOS: u32 = 1_000;

pub(super) fn add_to_linker(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let mut wall = linker.instance(&name("clocks/wall-clock"))?;
    wall.func_wrap("now", |store, (): ()| {
        let store: StoreContextMut<'_, Context> = store;
        Ok((Datetime::from(store.data().time),))
    })?;
    wall.func_wrap("resolution", |_, (): ()| Ok((Datetime { seconds: 0, nanoseconds: RESOLUTION_NANOS },)))?;

    let mut monotonic = linker.instance(&name("clocks/monotonic-clock"))?;
    monotonic.func_wrap("now", |store: StoreContextMut<'_, Context>, (): ()| {
        Ok((monotonic_nanos(store.data().time),))
    })?;
    monotonic.func_wrap("resolution", |_, (): ()| Ok((u64::from(RESOLUTION_NANOS),)))?;
    monotonic.func_wrap("subscribe-instant", |store, (when,): (u64,)| subscribe(store, when))?;
    monotonic.func_wrap("subscribe-duration", |store, (duration,): (u64,)| {
        let store: StoreContextMut<'_, Context> = store;
        let when = monotonic_nanos(store.data().time).saturating_add(duration);
        subscribe(store, when)
    })
}

fn subscribe(mut store: StoreContextMut<'_, Context>, when: u64) -> wasmtime::Result<(Resource<Pollable>,)> {
    Ok((store.data_mut().handles.push(Pollable { ready_at: when })?,))
}
