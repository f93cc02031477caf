//! What a client asked for and was promised, written down before and after each request.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write as _},
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde_json::json;

/// Something a client asks for, by the id that it gave its request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A workflow of this id.
    Start {
        /// The client's own id for the workflow.
        workflow_id: String,
    },
    /// A signal with this request id.
    Signal {
        /// To this workflow.
        workflow_id: String,
        /// The mark that makes it count once.
        request_id: String,
    },
    /// An update of this id.
    Update {
        /// Of this workflow.
        workflow_id: String,
        /// The mark that makes it count once.
        update_id: String,
    },
}

/// What was asked for, and whether it was promised.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<File>,
    entries: Mutex<BTreeMap<Asked, bool>>,
}

impl Journal {
    /// A journal in a file of this folder.
    ///
    /// # Panics
    /// If the file cannot be made.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let file = File::create(folder.join("journal.jsonl"));
        let file = file.unwrap_or_else(|error| panic!("no journal: {error}"));
        Self { file: Mutex::new(file), entries: Mutex::default() }
    }

    /// Notes that something is about to be asked for.
    pub fn ask(&self, asked: &Asked) {
        self.write(asked, "asked");
        self.entries().entry(asked.clone()).or_insert(false);
    }

    /// Notes that it was promised.
    pub fn acknowledge(&self, asked: &Asked) {
        self.write(asked, "acknowledged");
        self.entries().insert(asked.clone(), true);
    }

    /// Everything asked for, and whether it was promised.
    #[must_use]
    pub fn asked(&self) -> BTreeMap<Asked, bool> {
        self.entries().clone()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<Asked, bool>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, asked: &Asked, what: &str) {
        let (workflow_id, kind, id) = match asked {
            Asked::Start { workflow_id } => (workflow_id, "start", None),
            Asked::Signal { workflow_id, request_id } => (workflow_id, "signal", Some(request_id)),
            Asked::Update { workflow_id, update_id } => (workflow_id, "update", Some(update_id)),
        };
        let line = json!({ "what": what, "workflow_id": workflow_id, "kind": kind, "id": id });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writeln!(file, "{line}").and_then(|()| file.sync_data());
        written.unwrap_or_else(|error: io::Error| panic!("the journal cannot be written: {error}"));
    }
}
