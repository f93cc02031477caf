//! What a guest says of itself, bounded.

use crate::limits;

/// One thing that a guest said.
#[derive(Debug, Clone, PartialEq)]
pub enum Telemetry {
    /// A line for the run's log.
    Log {
        /// How much it matters.
        level: Level,
        /// Where it comes from.
        source: LogSource,
        /// The line.
        message: String,
        /// Named values.
        fields: Vec<(String, String)>,
    },
    /// Something was counted.
    Count {
        /// What.
        name: String,
        /// How many more.
        value: u64,
        /// Named values to tell series apart.
        tags: Vec<(String, String)>,
    },
    /// Something was measured.
    Record {
        /// What.
        name: String,
        /// The value.
        value: f64,
        /// Named values to tell series apart.
        tags: Vec<(String, String)>,
    },
    /// What describe shows of the run from now on.
    Details(String),
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Single steps.
    Trace,
    /// For developers.
    Debug,
    /// For operators.
    Info,
    /// May need attention.
    Warn,
    /// Needs attention.
    Error,
}

/// Where a log line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSource {
    /// The contract's `log`.
    Log,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Telemetry {
    fn size_bytes(&self) -> usize {
        let pairs = |pairs: &[(String, String)]| -> usize {
            pairs.iter().map(|(name, value)| name.len() + value.len()).sum()
        };
        match self {
            Self::Log { message, fields, .. } => message.len() + pairs(fields),
            Self::Count { name, tags, .. } | Self::Record { name, tags, .. } => name.len() + pairs(tags),
            Self::Details(text) => text.len(),
        }
    }
}

/// What a guest said since it was last taken; what is too much is counted and dropped.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// The past is being repeated: it was said before.
    pub(crate) muted: bool,
    entries: Vec<Telemetry>,
    bytes: usize,
    dropped: u64,
}

impl Recorder {
    pub(crate) fn push(&mut self, entry: Telemetry) {
        if self.muted {
            return;
        }
        let bytes = entry.size_bytes();
        if self.entries.len() >= limits::TELEMETRY_ENTRIES_MAX
            || self.bytes + bytes > limits::TELEMETRY_BYTES_MAX
        {
            self.dropped += 1;
            return;
        }
        self.bytes += bytes;
        self.entries.push(entry);
    }

    pub(crate) fn take(&mut self) -> Vec<Telemetry> {
        let dropped = std::mem::take(&mut self.dropped);
        self.bytes = 0;
        let mut entries = std::mem::take(&mut self.entries);
        if dropped > 0 {
            entries.push(Telemetry::Log {
                level: Level::Warn,
                source: LogSource::Log,
                message: format!("{dropped} more entries were dropped: too many in one activation"),
                fields: Vec::new(),
            });
        }
        entries
    }
}
