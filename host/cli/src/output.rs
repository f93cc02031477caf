//! Writing: data to stdout, everything else to stderr.

use std::{
    borrow::Cow,
    io::{IsTerminal as _, Write as _},
};

use crate::error::CliError;

/// Writes data, with a line break at its end.
///
/// # Errors
/// stdout cannot be written to.
pub(crate) fn data(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    stdout.flush()?;
    Ok(())
}

/// Tells the user something that is no data. That it cannot be told is no reason to fail.
pub(crate) fn note(text: &str) {
    let text = visible(text);
    let text = text.trim_end();
    if !text.is_empty() {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// A line that is written over, and only where somebody watches.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    shown: bool,
}

impl Progress {
    /// Shows this instead of what was shown before.
    pub(crate) fn show(&mut self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        if stderr.is_terminal() {
            self.shown = true;
            let _ = write!(stderr, "\r\x1b[K{}", visible(text));
            let _ = stderr.flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// Text that cannot change the terminal: control characters but for line breaks and tabs are shown as escapes.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hidden(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown.into()
}

/// The same in one line, of so many characters at most.
pub(crate) fn one_line(text: &str, characters_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = visible(&line);
    match line.char_indices().nth(characters_max) {
        None => line.into_owned(),
        Some(_) => line.chars().take(characters_max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A word as a shell would have to be told it.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./:=@+,".contains(c));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guests_say_cannot_change_the_terminal() {
        assert_eq!(visible("a\x1b[31mb\rc\n\td\u{9b}"), "a\\u{1b}[31mb\\rc\n\td\\u{9b}");
        assert!(matches!(visible("plain\ntext"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_text_is_cut_to_one_line() {
        assert_eq!(one_line("a\n  b\tc", 10), "a b c");
        assert_eq!(one_line("äöüäöü", 6), "äöüäöü");
        assert_eq!(one_line("äöüäöü", 5), "äöüä…");
    }
}
