//! Seeds of random streams.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_bytes::ByteArray;
use sha2::{Digest as _, Sha256};

use crate::{ids::RunId, time::Timestamp};

/// The seed of a run's random stream (ChaCha20).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Seed {
    /// Another seed, the same each time: what a run needs beside its own, a replay finds again.
    #[must_use]
    pub fn derive(&self, purpose: &str, number: u64) -> Self {
        let hash =
            Sha256::new().chain_update(self.0).chain_update(purpose).chain_update(number.to_be_bytes());
        Self(hash.finalize().into())
    }

    /// A run id of this time, the same each time.
    #[must_use]
    pub fn run_id(&self, time: Timestamp) -> RunId {
        let mut random = [0; 10];
        random.copy_from_slice(&self.0[..10]);
        let uuid = uuid::Builder::from_unix_timestamp_millis(time.as_micros() / 1000, &random).into_uuid();
        RunId::new(uuid.to_string())
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (place, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *place = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serde_bytes::Bytes::new(&self.0).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            Self::parse(&text).ok_or_else(|| D::Error::custom("a seed has 64 hexadecimal digits"))
        } else {
            ByteArray::<32>::deserialize(deserializer).map(|bytes| Self(bytes.into_array()))
        }
    }
}
