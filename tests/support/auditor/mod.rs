//! Checks a database against what must hold, whatever has happened to its hosts.
//!
//! It reads everything, and asks no host. [`record`] is what is read of a run, `rules` are the checks of one run and
//! of what a client was promised, `families` those of children and other runs, `updates` those of updates, `replayer`
//! plays every history again in the real sandbox. A finding names the rule:
//!
//! | rule | says |
//! |---|---|
//! | A1 | event ids are 1 to n without gaps; at most one event closes, and it is the last |
//! | A2 | what was acknowledged is there exactly once, what was not at most once |
//! | A3 | epochs never fall along a history |
//! | A4 | every history replays without a divergence, to the end its row tells |
//! | A5 | every open run has a reason to wake up |
//! | A6 | an activity has one outcome at most, after as many attempts as its policy allows |
//! | A8 | no panic in the logs |
//! | A9 | no message between runs is left; what was asked of another run has one answer at most |
//! | A10 | a child begins once, and its parent is told once how it really ended |
//! | A11 | an update is accepted once in all runs of a workflow, and has its outcome when the run has ended |
//!
//! A9 holds at rest: when no run has anything to do.
//! A7, that all ends in time, is for the tests themselves.

mod families;
#[cfg(test)]
mod family_tests;
pub mod record;
mod replayer;
mod rules;
#[cfg(test)]
mod tests;
mod updates;

use std::fmt;

use dalsegno_engine::ids::RunId;

use crate::{Database, Host, journal::Journal};
use record::Record;
pub use replayer::Replayer;

/// Something that must hold, see the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Histories are whole.
    A1,
    /// Promises are kept.
    A2,
    /// There is one writer.
    A3,
    /// Histories replay.
    A4,
    /// Nothing is stranded.
    A5,
    /// Effects have one outcome.
    A6,
    /// Nothing panics.
    A8,
    /// Messages arrive.
    A9,
    /// Children are known as they are.
    A10,
    /// Updates have one outcome.
    A11,
}

/// A breach of a rule.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which.
    pub rule: Rule,
    /// Where, if it is about one run.
    pub run: Option<RunId>,
    /// What was found.
    pub what: String,
}

/// What an audit went through.
#[derive(Debug, Default)]
pub struct Audit {
    /// All breaches.
    pub findings: Vec<Finding>,
    /// Runs looked at.
    pub runs: usize,
    /// Events looked at.
    pub events: u64,
    /// Activations repeated.
    pub replayed: u64,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = self.run.as_ref().map_or("-", RunId::as_str);
        write!(f, "{:?} run {run}: {}", self.rule, self.what)
    }
}

impl Finding {
    fn of(rule: Rule, record: &Record, what: impl Into<String>) -> Self {
        Self { rule, run: Some(record.row.key.run_id.clone()), what: what.into() }
    }
}

/// Checks the database of a host, its log, and what its clients were promised.
///
/// # Panics
/// If the database cannot be read.
pub async fn audit(host: &Host, journal: Option<&Journal>) -> Audit {
    let mut audit = audit_database(host.database(), journal).await;
    audit.findings.extend(rules::panics(&host.log_text()));
    audit
}

async fn audit_database(database: &Database, journal: Option<&Journal>) -> Audit {
    let store = database.open().await;
    let records = record::read_all(&store).await;
    let mut audit = Audit { runs: records.len(), ..Audit::default() };
    for record in &records {
        audit.events += record.events().count() as u64;
        audit.findings.extend(rules::run(record));
    }
    if let Some(journal) = journal {
        audit.findings.extend(rules::promises(&journal.asked(), &records));
    }
    audit.findings.extend(families::all(&records));
    audit.findings.extend(updates::all(&records));
    audit.findings.extend(families::messages(record::messages_left(database.url()).await));
    if record::has_falling_epochs(database.url()).await {
        let what = "a row of a history has a lower epoch than one before it".to_owned();
        audit.findings.push(Finding { rule: Rule::A3, run: None, what });
    }
    let modules = record::read_modules(&store, &records).await;
    store.close().await;
    let (replayed, findings) = Replayer::new(modules).replay_all(records);
    audit.replayed = replayed;
    audit.findings.extend(findings);
    audit
}

impl Audit {
    /// Fails the test unless everything holds, and something was there to hold.
    ///
    /// # Panics
    /// With all findings.
    #[track_caller]
    pub fn passes(&self) {
        let text: Vec<String> = self.findings.iter().map(ToString::to_string).collect();
        assert!(text.is_empty(), "{} findings:\n{}", text.len(), text.join("\n"));
        assert!(self.runs > 0 && self.events > 0 && self.replayed > 0, "nothing was audited: {self:?}");
        eprintln!(
            "audited: {} runs, {} events, {} activations replayed",
            self.runs, self.events, self.replayed
        );
    }

    /// Whether a rule was found broken.
    #[must_use]
    pub fn breaks(&self, rule: Rule) -> bool {
        self.findings.iter().any(|finding| finding.rule == rule)
    }
}
