//! The guest contract as Rust, made from `wit/` when this is compiled. Only this crate sees it.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "workflow",
    imports: { default: trappable },
});

pub(crate) use dalsegno::workflow::{activities, children, run, runs, telemetry, timers, types, updates};
pub(crate) use exports::dalsegno::workflow::guest;
