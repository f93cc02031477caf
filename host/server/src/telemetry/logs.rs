//! Log lines, on stderr: what the host does, with workflow and run ids as fields.
//!
//! **Invariant:** one event is one line. Control characters in what users, guests and clients supply are
//! escaped, and those that change the direction of text, so that a line can neither be forged nor change the terminal.

use std::{
    fmt::{self, Write as _},
    io::IsTerminal as _,
};

use tracing::field::Field;
use tracing_subscriber::{
    EnvFilter, Layer as _,
    field::MakeExt as _,
    fmt::{
        MakeWriter,
        format::{Writer, debug_fn},
    },
    layer::SubscriberExt as _,
    registry,
    util::{SubscriberInitExt as _, TryInitError},
};

use crate::config::LogFormat;

/// The environment variable that filters log lines, in the syntax of `tracing_subscriber::EnvFilter`.
pub const FILTER_VARIABLE: &str = "DALSEGNO_LOG";

/// Lines that are written unless [`FILTER_VARIABLE`] says otherwise.
const FILTER_DEFAULT: &str = "info";

/// Why there are no log lines.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// [`FILTER_VARIABLE`] cannot be read.
    #[error("{FILTER_VARIABLE} is no filter like `info` or `dalsegno_server=debug,info`: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody collects them already.
    #[error(transparent)]
    Taken(#[from] TryInitError),
}

/// Writes log lines from now on, for the whole process.
///
/// # Errors
/// [`LogsError`] says why not.
pub fn init(format: LogFormat) -> Result<(), LogsError> {
    init_with(format, FILTER_DEFAULT)
}

/// As [`init`], with another filter unless [`FILTER_VARIABLE`] says otherwise.
///
/// # Errors
/// [`LogsError`] says why not.
pub fn init_with(format: LogFormat, filter_default: &str) -> Result<(), LogsError> {
    let filter = std::env::var(FILTER_VARIABLE).unwrap_or_default();
    let filter = EnvFilter::try_new(if filter.is_empty() { filter_default } else { &filter })?;
    let colours = std::io::stderr().is_terminal();
    subscriber(format, filter, colours, std::io::stderr).try_init()?;
    Ok(())
}

fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    colours: bool,
    writer: W,
) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(colours).fmt_fields(debug_fn(write_field).delimited(" ")).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(false).boxed(),
    };
    Box::new(registry().with(filter).with(layer))
}

fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(writer, "{}=", field.name())?;
    }
    write!(Escaping(writer), "{value:?}")
}

/// Passes text on with what is no visible character escaped.
struct Escaping<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain_from = 0;
        for (at, control) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
            self.0.write_str(&text[plain_from..at])?;
            write!(self.0, "{}", control.escape_default())?;
            plain_from = at + control.len_utf8();
        }
        self.0.write_str(&text[plain_from..])
    }
}

fn is_hidden(c: char) -> bool {
    let directs = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || directs || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic while locked").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, log: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = subscriber(format, EnvFilter::new("info"), false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, log);
        let bytes = buffer.0.lock().expect("no panic while locked").clone();
        String::from_utf8(bytes).expect("log lines are text")
    }

    #[test]
    fn a_line_cannot_be_forged() {
        let evil = "one\n2026-01-01T00:00:00Z  INFO forged\u{1b}[31m";
        let text = logged(LogFormat::Text, || {
            tracing::info!(workflow_id = %evil, line = evil, "{evil}");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains("workflow_id=one\\n"), "{text}");
    }

    #[test]
    fn what_can_be_seen_stands_as_it_was_said() {
        let said = "it's \"ä\" \\ \u{202e}over";
        let text = logged(LogFormat::Text, || tracing::info!("{said}"));
        assert!(text.contains(r#"it's "ä" \ \u{202e}over"#), "{text}");
        let json = logged(LogFormat::Json, || tracing::info!("{said}"));
        let line: serde_json::Value = serde_json::from_str(&json).expect("one JSON object");
        assert_eq!(line["message"], said);
    }

    #[test]
    fn json_lines_carry_fields() {
        let text = logged(LogFormat::Json, || {
            tracing::info!(workflow_id = "order\n1", "started");
            tracing::debug!("filtered");
        });
        let line: serde_json::Value = serde_json::from_str(&text).expect("one JSON object");
        assert_eq!(line["workflow_id"], "order\n1");
        assert_eq!(line["message"], "started");
    }
}
