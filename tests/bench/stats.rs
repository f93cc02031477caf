//! Many times, summed up.

use std::time::Duration;

/// Times that were measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// In milliseconds; not a number if nothing was measured.
    pub(crate) fn percentile_ms(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }

    pub(crate) fn p50_ms(&self) -> f64 {
        self.percentile_ms(50)
    }

    pub(crate) fn p99_ms(&self) -> f64 {
        self.percentile_ms(99)
    }
}
