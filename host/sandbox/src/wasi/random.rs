//! `wasi:random`: streams made from the run's seed.

use wasmtime::{StoreContextMut, component::Linker};

use super::name;
use crate::{
    context::Context,
    random::{self, Domain},
};

type Store<'a> = StoreContextMut<'a, Context>;

pub(super) fn add_to_linker(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let mut secure = linker.instance(&name("random/random"))?;
    secure.func_wrap("get-random-bytes", |mut store: Store<'_>, (length,): (u64,)| {
        Ok((store.data_mut().random_bytes(length)?,))
    })?;
    secure.func_wrap("get-random-u64", |mut store: Store<'_>, (): ()| {
        Ok((number(&store.data_mut().random_bytes(8)?),))
    })?;

    let mut insecure = linker.instance(&name("random/insecure"))?;
    insecure.func_wrap("get-insecure-random-bytes", |mut store: Store<'_>, (length,): (u64,)| {
        Ok((store.data_mut().insecure_bytes(length)?,))
    })?;
    insecure.func_wrap("get-insecure-random-u64", |mut store: Store<'_>, (): ()| {
        Ok((number(&store.data_mut().insecure_bytes(8)?),))
    })?;

    let mut seed = linker.instance(&name("random/insecure-seed"))?;
    seed.func_wrap("insecure-seed", |store: Store<'_>, (): ()| {
        let mut stream = random::stream_for(store.data().seed(), Domain::HashMaps);
        let mut half = || number(&random::bytes(&mut stream, 8));
        Ok(((half(), half()),))
    })
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
