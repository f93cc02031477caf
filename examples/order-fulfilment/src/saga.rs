//! What to do to undo what was done.

use dalsegno_sdk::{Failure, http};
use serde_json::Value;

/// The requests that undo what was done so far.
#[derive(Default)]
pub(crate) struct Saga {
    undo: Vec<http::Request>,
}

impl Saga {
    /// Says how to undo what has just been done.
    pub(crate) fn undo_by(&mut self, request: http::Request) {
        self.undo.push(request);
    }

    /// Undoes all, the last first.
    pub(crate) async fn compensate(self) -> Result<(), Failure> {
        for request in self.undo.into_iter().rev() {
            request.send::<Value>().await.map_err(|failure| {
                Failure::application("CompensationFailed", "the order is half undone").caused_by(failure)
            })?;
        }
        Ok(())
    }
}
