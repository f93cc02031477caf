//! Texts that come from guests, made fit to be stored and shown.

/// One line without control characters, of `bytes_max` at most.
pub(crate) fn line(text: &str, bytes_max: usize) -> String {
    let printable = |character: char| if character.is_control() { ' ' } else { character };
    cut(text, bytes_max).chars().map(printable).collect()
}

/// Lines without other control characters, of `bytes_max` together at most.
pub(crate) fn lines(text: &str, bytes_max: usize) -> String {
    let lines = cut(text, bytes_max).lines().map(|text| line(text, bytes_max));
    lines.collect::<Vec<_>>().join("\n")
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::{line, lines};

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(line("a\u{1b}[31mb\nc", 100), "a [31mb c");
        assert_eq!(lines("a\tb\nc", 100), "a b\nc");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(line("aä", 2), "a");
        assert_eq!(line("aä", 3), "aä");
    }
}
