//! Rust without what only looks like code.

/// Blanks comments and the contents of string and character literals; lines stay where they are.
pub(crate) fn bare(text: &str) -> String {
    let mut rest = text;
    let mut bare = String::with_capacity(text.len());
    while !rest.is_empty() {
        let (kept, blanked) = next(rest, bare.chars().next_back());
        bare.push_str(&rest[..kept]);
        let newlines = rest[kept..kept + blanked].chars().filter(|c| *c == '\n');
        bare.extend(newlines);
        rest = &rest[kept + blanked..];
    }
    bare
}

/// How many bytes from here on are code, and how many after them are not.
fn next(rest: &str, before: Option<char>) -> (usize, usize) {
    let in_word = before.is_some_and(is_of_word);
    if rest.starts_with("//") {
        return (0, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (0, block_comment(rest));
    }
    if let Some(content) = rest.strip_prefix('"') {
        return (1, string(content));
    }
    if let (false, Some((open, length))) = (in_word, raw_string(rest)) {
        return (open, length);
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    (rest.chars().next().map_or(0, char::len_utf8), 0)
}

/// Length of a comment, with those in it.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Length of a string's content and its closing quote.
fn string(content: &str) -> usize {
    let mut escaped = false;
    for (at, c) in content.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    content.len()
}

/// What opens a raw string here, and the length of its content and end.
fn raw_string(rest: &str) -> Option<(usize, usize)> {
    let letters = rest.find(|c| !matches!(c, 'b' | 'c' | 'r'))?;
    let after = rest[..letters].ends_with('r').then(|| &rest[letters..])?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let content = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", &after[..hashes]);
    let length = content.find(&end).map_or(content.len(), |at| at + end.len());
    Some((letters + hashes + 1, length))
}

/// A character literal, or else a lifetime.
fn character(rest: &str) -> (usize, usize) {
    let mut inner = rest[1..].char_indices();
    match (inner.next(), inner.next()) {
        (Some((_, '\\')), Some((at, _))) => {
            let end = rest[1 + at + 1..].find('\'').map_or(0, |end| at + 1 + end + 1);
            (1, end)
        }
        (Some((_, c)), Some((at, '\''))) if c != '\'' => (1, at + 1),
        _ => (1, 0),
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The lines, from 1, that have a word or path: not as a part of a longer word.
pub(crate) fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let has = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back().is_some_and(is_of_word);
            let after = line[at + word.len()..].chars().next().is_some_and(is_of_word);
            !before && !after
        })
    };
    code.lines().zip(1..).filter(|(line, _)| has(line)).map(|(_, number)| number).collect()
}

#[test]
fn comments_and_literals_are_blank_and_lines_stay() {
    let text = "a // b\n/* c /* d */\n e */ f(\"g \\\" h\", 'i', '\\'', r#\"j \" k\"#, b\"l\") 'm: n<'o>\n\"p\nq\" r";
    assert_eq!(bare(text), "a \n\n f(\", ', ', r#\", b\") 'm: n<'o>\n\"\n r");
    assert_eq!(bare("for_r\"x\" br\"y\" z"), "for_r\" br\" z");
}

#[test]
fn words_are_whole() {
    assert_eq!(lines_with("sqlx::x\nmy_sqlx\nsqlxy\n(sqlx)", "sqlx"), [1, 4]);
    assert_eq!(lines_with("std::env::var\nstd::environment", "std::env"), [1]);
}
