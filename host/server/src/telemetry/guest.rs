//! What guests say, released with the transition in which they said it.
//!
//! **Invariant:** whatever guests say, the host's log grows by a bounded number of bytes a second: a line is cut, and
//! those of a run, or of a host, that come too fast are left out.

use std::time::Instant;

use dalsegno_engine::guest::RunInfo;
use dalsegno_sandbox::{Level, LogSource, Telemetry};
use parking_lot::Mutex;

/// The message of one line, and its fields together; what is longer is cut.
const TEXT_BYTES_MAX: usize = 8 << 10;
/// What the guest of one run may write.
const OF_RUN: Rate = Rate { bytes_per_second: 64 << 10, bytes_at_once_max: 1 << 20 };
/// What all guests of a host may write.
const OF_HOST: Rate = Rate { bytes_per_second: 1 << 20, bytes_at_once_max: 16 << 20 };

/// How fast something may write.
#[derive(Debug, Clone, Copy)]
struct Rate {
    bytes_per_second: usize,
    /// After a silence.
    bytes_at_once_max: usize,
}

/// What may be written at this moment.
#[derive(Debug)]
pub(crate) struct Allowance {
    rate: Rate,
    left: Mutex<Left>,
}

#[derive(Debug)]
struct Left {
    bytes: usize,
    at: Option<Instant>,
    /// Nothing is written until half of what may be written at once is there again: lines with many gaps help nobody.
    is_spent: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Write,
    LeaveOut {
        /// The line before was written.
        first: bool,
    },
}

impl Allowance {
    pub(crate) fn of_run() -> Self {
        Self::new(OF_RUN)
    }

    pub(crate) fn of_host() -> Self {
        Self::new(OF_HOST)
    }

    fn new(rate: Rate) -> Self {
        let left = Left { bytes: rate.bytes_at_once_max, at: None, is_spent: false };
        Self { rate, left: Mutex::new(left) }
    }

    fn take(&self, bytes: usize, now: Instant) -> Verdict {
        let Rate { bytes_per_second, bytes_at_once_max } = self.rate;
        let mut left = self.left.lock();
        let since = left.at.map_or(0, |at| now.saturating_duration_since(at).as_micros());
        let more = usize::try_from(since * bytes_per_second as u128 / 1_000_000).unwrap_or(usize::MAX);
        // A moment too short for a byte is not lost.
        if more > 0 || left.at.is_none() {
            left.at = Some(now);
        }
        left.bytes = left.bytes.saturating_add(more).min(bytes_at_once_max);
        let needed = if left.is_spent { bytes.max(bytes_at_once_max / 2) } else { bytes };
        if left.bytes < needed {
            return Verdict::LeaveOut { first: !std::mem::replace(&mut left.is_spent, true) };
        }
        left.bytes -= bytes;
        left.is_spent = false;
        Verdict::Write
    }
}

/// What becomes one line of the log.
struct Line {
    level: Level,
    source: &'static str,
    message: String,
    fields: Option<String>,
}

/// Writes what the guest of a run said.
pub(crate) fn release(run: &RunInfo, of_run: &Allowance, of_host: &Allowance, said: Vec<Telemetry>) {
    for line in said.into_iter().map(Line::from).filter(|line| is_written(line.level)) {
        let bytes = line.message.len() + line.fields.as_ref().map_or(0, String::len);
        let now = Instant::now();
        let verdict = match of_run.take(bytes, now) {
            Verdict::Write => of_host.take(bytes, now),
            left_out @ Verdict::LeaveOut { .. } => left_out,
        };
        match verdict {
            Verdict::Write => line.write(run),
            Verdict::LeaveOut { first: true } => tracing::warn!(target: "guest",
                workflow_id = %run.started.workflow_id, run_id = %run.run_id,
                "log lines are left out from here on: there are too many"),
            Verdict::LeaveOut { first: false } => {}
        }
    }
}

impl From<Telemetry> for Line {
    fn from(said: Telemetry) -> Self {
        let (level, source, message, fields) = match said {
            Telemetry::Log { level, source, message, fields } => {
                let source = match source {
                    LogSource::Log => "log",
                    LogSource::Stdout => "stdout",
                    LogSource::Stderr => "stderr",
                };
                (level, source, message, fields)
            }
            Telemetry::Count { name, value, tags } => (Level::Debug, "count", name, valued(value, tags)),
            Telemetry::Record { name, value, tags } => (Level::Debug, "record", name, valued(value, tags)),
            Telemetry::Details(text) => (Level::Debug, "details", text, Vec::new()),
        };
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let fields = (!fields.is_empty()).then(|| cut(fields.join(", ")));
        Self { level, source, message: cut(message), fields }
    }
}

fn valued(value: impl ToString, mut tags: Vec<(String, String)>) -> Vec<(String, String)> {
    tags.insert(0, ("value".to_owned(), value.to_string()));
    tags
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let bytes = text.len();
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push_str(&format!("… (cut: it had {bytes} bytes)"));
    }
    text
}

fn is_written(level: Level) -> bool {
    match level {
        Level::Trace => tracing::enabled!(target: "guest", tracing::Level::TRACE),
        Level::Debug => tracing::enabled!(target: "guest", tracing::Level::DEBUG),
        Level::Info => tracing::enabled!(target: "guest", tracing::Level::INFO),
        Level::Warn => tracing::enabled!(target: "guest", tracing::Level::WARN),
        Level::Error => tracing::enabled!(target: "guest", tracing::Level::ERROR),
    }
}

impl Line {
    /// The level of a line is fixed where it is written, so there is one place for each.
    fn write(self, run: &RunInfo) {
        let (workflow_id, run_id) = (&run.started.workflow_id, &run.run_id);
        let Self { level, source, message, fields } = self;
        macro_rules! line {
            ($macro:ident) => {
                tracing::$macro!(target: "guest", %workflow_id, %run_id, source, fields, "{message}")
            };
        }
        match level {
            Level::Trace => line!(trace),
            Level::Debug => line!(debug),
            Level::Info => line!(info),
            Level::Warn => line!(warn),
            Level::Error => line!(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const WRITE: Verdict = Verdict::Write;

    #[test]
    fn who_writes_too_fast_is_left_out_until_half_is_there_again() {
        let allowance = Allowance::new(Rate { bytes_per_second: 10, bytes_at_once_max: 100 });
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!((allowance.take(60, start), allowance.take(40, start)), (WRITE, WRITE));
        assert_eq!(allowance.take(1, start), Verdict::LeaveOut { first: true });
        assert_eq!(allowance.take(1, after(4)), Verdict::LeaveOut { first: false });
        assert_eq!((allowance.take(50, after(5)), allowance.take(10, after(6))), (WRITE, WRITE));
        assert_eq!(allowance.take(1, after(6)), Verdict::LeaveOut { first: true });
        assert_eq!(allowance.take(100, after(600)), WRITE);
        assert_eq!(
            allowance.take(1, after(600)),
            Verdict::LeaveOut { first: true },
            "silence is not saved up"
        );
    }

    #[test]
    fn moments_too_short_for_a_byte_add_up() {
        let allowance = Allowance::new(Rate { bytes_per_second: 10, bytes_at_once_max: 2 });
        let start = Instant::now();
        assert_eq!(allowance.take(2, start), WRITE);
        let left_out =
            (1..10).filter(|n| allowance.take(1, start + Duration::from_millis(n * 11)) != WRITE).count();
        assert_eq!((left_out, allowance.take(1, start + Duration::from_millis(110))), (9, WRITE));
    }

    #[test]
    fn what_a_guest_says_is_cut_between_characters() {
        let text = "ä".repeat(TEXT_BYTES_MAX);
        let line = Line::from(Telemetry::Details(format!("a{text}")));
        assert!(line.message.ends_with("ä… (cut: it had 16385 bytes)"), "{}", line.message.len());
        assert_eq!(cut("short".to_owned()), "short");
    }

    #[test]
    fn fields_are_told_by_name() {
        let tags = vec![("region".to_owned(), "eu".to_owned())];
        let line = Line::from(Telemetry::Record { name: "weight".to_owned(), value: 1.5, tags });
        assert_eq!((line.source, line.fields.as_deref()), ("record", Some("value=1.5, region=eu")));
    }
}
