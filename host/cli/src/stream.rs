//! Reading event streams.

use crate::error::CliError;

/// What a message of a history may have.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// A message of an event stream.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its kind; empty for the usual one.
    pub(crate) event: String,
    /// Its number, if it has one.
    pub(crate) id: Option<u64>,
    /// Its content.
    pub(crate) data: String,
}

/// Takes a stream apart, in whatever pieces it comes.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    buffer: Vec<u8>,
    /// Where the search for a line's end goes on.
    searched: usize,
    current: Message,
}

impl Messages {
    /// Takes the next piece, and gives the messages that are whole now.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<Vec<Message>, CliError> {
        self.buffer.extend_from_slice(piece);
        let mut messages = Vec::new();
        let mut begin = 0;
        while let Some(at) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
            let end = self.searched + at;
            let line = String::from_utf8_lossy(&self.buffer[begin..end]).into_owned();
            messages.extend(self.line(line.trim_end_matches('\r')));
            begin = end + 1;
            self.searched = begin;
        }
        self.buffer.drain(..begin);
        self.searched = self.buffer.len();
        if self.buffer.len() + self.current.data.len() > MESSAGE_BYTES_MAX {
            return Err(CliError::Failed(format!("a message has more than {MESSAGE_BYTES_MAX} bytes")));
        }
        Ok(messages)
    }

    fn line(&mut self, line: &str) -> Option<Message> {
        if line.is_empty() {
            let message = std::mem::take(&mut self.current);
            return (!message.data.is_empty()).then_some(message);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.current.event),
            "id" => self.current.id = value.parse().ok(),
            "data" if self.current.data.is_empty() => value.clone_into(&mut self.current.data),
            "data" => {
                self.current.data.push('\n');
                self.current.data.push_str(value);
            }
            // Comments, which keep the connection alive, and what is not known.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        ": hello\n\nid: 7\ndata: {\"a\":\ndata:1}\r\n\r\nevent: problem\ndata: {}\n\nid: 8\ndata: \u{fc}\n\n";

    fn expected() -> Vec<Message> {
        let message = |event: &str, id, data: &str| Message { event: event.into(), id, data: data.into() };
        vec![
            message("", Some(7), "{\"a\":\n1}"),
            message("problem", None, "{}"),
            message("", Some(8), "\u{fc}"),
        ]
    }

    #[test]
    fn messages_are_read_in_whatever_pieces_they_come() {
        for size in [1, 2, 3, 7, STREAM.len()] {
            let mut messages = Messages::default();
            let pieces = STREAM.as_bytes().chunks(size);
            let read: Vec<Message> =
                pieces.flat_map(|piece| messages.take(piece).expect("it is short")).collect();
            assert_eq!(read, expected(), "in pieces of {size}");
        }
    }

    #[test]
    fn half_a_message_is_none() {
        assert!(Messages::default().take(b"id: 1\ndata: {}\n").expect("it is short").is_empty());
    }
}
