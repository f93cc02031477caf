//! Standard output and standard error of a guest, cut into lines of its log.

use std::collections::VecDeque;

use crate::{
    limits,
    telemetry::{Level, LogSource, Recorder, Telemetry},
};

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// The unfinished lines, and the last words.
#[derive(Debug, Default)]
pub(crate) struct Stdio {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// The end of what standard error got in this call; a panic message, if there was one.
    last_words: VecDeque<u8>,
}

impl Stdio {
    /// A new call begins.
    pub(crate) fn begin(&mut self) {
        self.last_words.clear();
    }

    pub(crate) fn write(&mut self, stream: Stream, bytes: &[u8], recorder: &mut Recorder) {
        if stream == Stream::Stderr {
            self.remember(bytes);
        }
        if recorder.muted {
            return;
        }
        let line = self.line(stream);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = limits::LINE_BYTES_MAX.saturating_sub(line.len());
            line.extend(part.iter().take(room));
            if part.ends_with(b"\n") {
                emit(stream, line, recorder);
            }
        }
    }

    /// A call ends: unfinished lines are finished.
    pub(crate) fn flush(&mut self, recorder: &mut Recorder) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let line = self.line(stream);
            if !line.is_empty() {
                emit(stream, line, recorder);
            }
        }
    }

    /// What standard error got last, in one line; without the advice of Rust's panics.
    pub(crate) fn last_words(&mut self) -> Option<String> {
        let text = String::from_utf8_lossy(self.last_words.make_contiguous()).into_owned();
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("note: run with `RUST_BACKTRACE"));
        let line = lines.collect::<Vec<_>>().join(" ");
        (!line.is_empty()).then_some(line)
    }

    fn remember(&mut self, bytes: &[u8]) {
        let end = bytes.len().saturating_sub(limits::LAST_WORDS_BYTES_MAX);
        self.last_words.extend(&bytes[end..]);
        let excess = self.last_words.len().saturating_sub(limits::LAST_WORDS_BYTES_MAX);
        self.last_words.drain(..excess);
    }

    fn line(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

fn emit(stream: Stream, line: &mut Vec<u8>, recorder: &mut Recorder) {
    let message = String::from_utf8_lossy(line).trim_end().to_owned();
    line.clear();
    let (level, source) = match stream {
        Stream::Stdout => (Level::Info, LogSource::Stdout),
        Stream::Stderr => (Level::Warn, LogSource::Stderr),
    };
    recorder.push(Telemetry::Log { level, source, message, fields: Vec::new() });
}
