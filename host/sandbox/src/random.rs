//! The random streams of a run. All come from its recorded seed, so a replay draws the same.
//!
//! Each use has a stream of its own: a query, or a hash map made at a new place, does not shift what the
//! workflow draws next.

use dalsegno_engine::Seed;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use sha2::{Digest, Sha256};

/// What a stream is for; its text is mixed into the seed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Domain {
    /// `wasi:random/insecure`.
    Insecure,
    /// `wasi:random/insecure-seed`: what hash maps start from.
    HashMaps,
    /// A query; thrown away with it.
    Query,
    /// A validator; thrown away with it.
    Validator,
}

impl Domain {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Insecure => b"dalsegno insecure",
            Self::HashMaps => b"dalsegno hash maps",
            Self::Query => b"dalsegno query",
            Self::Validator => b"dalsegno validator",
        }
    }
}

/// The run's own stream: `wasi:random/random` and `run.random-bytes`.
pub(crate) fn stream(seed: Seed) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(seed.0)
}

/// A stream beside the run's own.
pub(crate) fn stream_for(seed: Seed, domain: Domain) -> ChaCha20Rng {
    let digest = Sha256::new().chain_update(seed.0).chain_update(domain.label()).finalize();
    ChaCha20Rng::from_seed(digest.into())
}

/// The next bytes of a stream.
pub(crate) fn bytes(stream: &mut ChaCha20Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.fill_bytes(&mut bytes);
    bytes
}
