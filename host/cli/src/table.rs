//! Tables and blocks of text.

use comfy_table::{Cell, ContentArrangement, Table, TableStyle};

use crate::output;

/// Characters of a cell where no terminal says how wide it is.
const CELL_CHARACTERS_MAX: usize = 200;

/// Rows in columns, for a list.
pub(crate) struct Rows(Table);

impl Rows {
    /// With these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let mut table = Table::new();
        table.load_style(TableStyle::new());
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(headings.iter().map(|heading| Cell::new(heading.to_uppercase())));
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Self(table)
    }

    /// Adds a row; of each cell one line.
    pub(crate) fn add(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        let cells = cells.into_iter().map(|cell| output::one_line(cell.as_ref(), CELL_CHARACTERS_MAX));
        self.0.add_row(cells.collect::<Vec<_>>());
    }

    /// As text, without blanks at the ends of lines.
    pub(crate) fn text(&self) -> String {
        self.0.trim_fmt()
    }
}

/// Names and values under each other, for one thing.
#[derive(Default)]
pub(crate) struct Block {
    lines: Vec<(String, String)>,
}

impl Block {
    /// Adds a value, unless there is none.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.lines.push((name.to_owned(), value));
        }
    }

    /// As text: values begin in one column, further lines of a value under its first.
    pub(crate) fn text(&self) -> String {
        let width = self.lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let mut text = String::new();
        for (name, value) in &self.lines {
            let value = output::visible(value);
            let mut name = name.as_str();
            for line in value.lines() {
                text.push_str(format!("{name:width$}  {line}").trim_end());
                text.push('\n');
                name = "";
            }
        }
        text
    }
}

/// A time of the host with no more than milliseconds.
pub(crate) fn time(text: &str) -> String {
    match text.split_once('.') {
        Some((seconds, fraction)) if text.ends_with('Z') => {
            let millis: String =
                fraction.trim_end_matches('Z').chars().chain("000".chars()).take(3).collect();
            format!("{seconds}.{millis}Z")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_headings() {
        let mut rows = Rows::new(&["id", "type"]);
        rows.add(["1", "hello"]);
        rows.add(["order-1", "a\nb"]);
        let text = rows.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, ["ID       TYPE", "1        hello", "order-1  a b"]);
    }

    #[test]
    fn a_block_aligns_its_values() {
        let mut block = Block::default();
        block.add("id", "1");
        block.add("nothing", "");
        block.add("status", "a\nb");
        assert_eq!(block.text(), "id      1\nstatus  a\n        b\n");
    }

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(time("2026-01-02T03:04:05.678901Z"), "2026-01-02T03:04:05.678Z");
        assert_eq!(time("2026-01-02T03:04:05.6Z"), "2026-01-02T03:04:05.600Z");
        assert_eq!(time("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05Z");
    }
}
