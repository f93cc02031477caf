//! Chance that a failed test can repeat.

use std::time::{SystemTime, UNIX_EPOCH};

/// The environment variable with the seed to repeat.
const VARIABLE: &str = "DALSEGNO_TEST_SEED";

/// A stream of chance. Its seed is printed, which is shown if the test fails.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// A new stream, or the one that the environment names.
    #[must_use]
    pub fn new() -> Self {
        let given = std::env::var(VARIABLE).ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::from(since.subsec_nanos()) ^ since.as_secs()
        });
        eprintln!("chance: {VARIABLE}={seed}");
        Self(seed)
    }

    /// A number from `low` to `high`, both included. Source: Steele and others, "`SplitMix`".
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (mixed ^ (mixed >> 31)) % (high - low + 1)
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self::new()
    }
}
