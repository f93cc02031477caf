//! Times and durations. The only user of the calendar library here.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A time in UTC: microseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Before every other time.
    pub const MIN: Self = Self(0);
    /// After every time that the calendar can print (the year 9999).
    pub const MAX: Self = Self(253_402_207_200_000_000);

    /// From microseconds since the epoch, kept within [`Self::MIN`] and [`Self::MAX`].
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        if micros > Self::MAX.0 { Self::MAX } else { Self(micros) }
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time `duration` later, or [`Self::MAX`].
    #[must_use]
    pub const fn plus(self, duration: Millis) -> Self {
        Self::from_micros(self.0.saturating_add(duration.0.saturating_mul(1000)))
    }

    /// From `earlier` to here, rounded up; zero if it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0).div_ceil(1000))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = i64::try_from(self.0).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
        fmt::Display::fmt(&time, f)
    }
}

impl FromStr for Timestamp {
    type Err = String;

    /// Parses RFC 3339.
    fn from_str(text: &str) -> Result<Self, String> {
        let time: jiff::Timestamp = text.parse().map_err(|error: jiff::Error| error.to_string())?;
        let micros = u64::try_from(time.as_microsecond()).map_err(|_| "is before 1970".to_owned())?;
        Ok(Self::from_micros(micros))
    }
}

/// A length of time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

impl Millis {
    /// From whole seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// For functions of the standard library.
    #[must_use]
    pub const fn as_duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0)
    }
}

impl Millis {
    /// What [`fmt::Display`] prints; the calendar library does not know all of it.
    fn parse_exact(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("PT")?.strip_suffix('S')?;
        let (seconds, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if fraction.len() > 3 || !all_digits(seconds) || !all_digits(fraction) {
            return None;
        }
        let millis: u64 = format!("{fraction:0<3}").parse().ok()?;
        let seconds: u64 = seconds.parse().ok()?;
        seconds.checked_mul(1000)?.checked_add(millis).map(Self)
    }
}

impl fmt::Display for Millis {
    /// ISO 8601, in seconds and smaller: `PT1.5S`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        if millis == 0 {
            return write!(f, "PT{seconds}S");
        }
        let fraction = format!("{millis:03}");
        write!(f, "PT{seconds}.{}S", fraction.trim_end_matches('0'))
    }
}

impl FromStr for Millis {
    type Err = String;

    /// Parses ISO 8601 or the friendly form (`30s`, `7 days`); days have 24 hours.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(exact) = Self::parse_exact(text) {
            return Ok(exact);
        }
        let say =
            |error: jiff::Error| format!("`{text}` is no duration like `30s`, `7 days` or `PT30S`: {error}");
        let span: jiff::Span = text.parse().map_err(say)?;
        let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(say)?;
        u64::try_from(duration.as_millis())
            .map(Self)
            .map_err(|_| format!("`{text}` is a negative duration; use zero or more"))
    }
}

/// Text where people read, a bare number in the store.
macro_rules! text_or_number {
    ($name:ident, $get:expr, $make:expr) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_u64($get(self))
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(D::Error::custom)
                } else {
                    u64::deserialize(deserializer).map($make)
                }
            }
        }
    };
}

text_or_number!(Timestamp, |time: &Timestamp| time.0, Timestamp::from_micros);
text_or_number!(Millis, |millis: &Millis| millis.0, Millis);
