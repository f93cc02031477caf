//! The checks of updates.

use std::collections::{BTreeMap, BTreeSet};

use dalsegno_engine::{Status, event::EventAttributes as E, ids::WorkflowId};

use super::{Finding, Rule, record::Record};

/// Checks all runs.
pub(super) fn all(records: &[Record]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut accepted: BTreeMap<&WorkflowId, BTreeSet<&str>> = BTreeMap::new();
    for record in records {
        let earlier = accepted.entry(&record.row.key.workflow_id).or_default();
        of_run(record, earlier, &mut findings);
    }
    findings
}

/// A11: accepted once in all runs of the workflow, completed once at most after that, and known to clients then.
fn of_run<'a>(record: &'a Record, earlier: &mut BTreeSet<&'a str>, findings: &mut Vec<Finding>) {
    let mut completed: BTreeMap<&str, bool> = BTreeMap::new();
    let mut find = |what: String| findings.push(Finding::of(Rule::A11, record, what));
    for event in record.events() {
        let out_of_place = match event {
            E::WorkflowExecutionUpdateAccepted { update_id, .. } => {
                completed.insert(update_id, false);
                (!earlier.insert(update_id)).then_some((update_id, "accepted"))
            }
            E::WorkflowExecutionUpdateCompleted { update_id, .. } => {
                let is_due = completed.insert(update_id, true) == Some(false);
                (!is_due).then_some((update_id, "completed"))
            }
            _ => None,
        };
        if let Some((update_id, what)) = out_of_place {
            find(format!("the update {update_id} was {what} out of place"));
        }
    }
    for (update_id, completed) in completed {
        let has_outcome = record.outcomes.contains(update_id);
        let is_due = completed || record.row.status != Status::Running;
        if is_due != has_outcome {
            let is = if has_outcome { "has" } else { "lacks" };
            find(format!("the update {update_id} {is} an outcome, and completed is {completed}"));
        }
    }
}
