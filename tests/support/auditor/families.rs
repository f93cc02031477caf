//! The checks of what runs have to do with each other.

use std::collections::{BTreeMap, BTreeSet};

use dalsegno_engine::{
    Status,
    event::EventAttributes as E,
    ids::{DEFAULT_NAMESPACE, Operation, RunId},
};

use super::{Finding, Rule, record::Record};

/// Checks all runs.
pub(super) fn all(records: &[Record]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let runs: BTreeMap<&RunId, &Record> =
        records.iter().map(|record| (&record.row.key.run_id, record)).collect();
    for record in records {
        answers(record, &mut findings);
        ends(record, &runs, &mut findings);
    }
    beginnings(records, &mut findings);
    findings
}

/// A9: nobody waits for a message.
pub(super) fn messages(left: i64) -> Option<Finding> {
    let what = format!("{left} messages between runs are left");
    (left > 0).then_some(Finding { rule: Rule::A9, run: None, what })
}

/// A9: what was asked of another run is answered once.
fn answers(record: &Record, findings: &mut Vec<Finding>) {
    let mut asked: BTreeSet<Operation> = BTreeSet::new();
    let mut answered: BTreeSet<Operation> = BTreeSet::new();
    for event in record.events() {
        let (operation, is_asked) = match event {
            E::SignalExternalWorkflowExecutionInitiated(signal) => {
                asked.insert(signal.operation);
                continue;
            }
            E::SignalExternalWorkflowExecutionFailed { operation, .. }
            | E::ExternalWorkflowExecutionSignaled { operation } => (*operation, asked.contains(operation)),
            // What a child was asked is told by its own operation.
            E::RequestCancelExternalWorkflowExecutionFailed { operation, .. }
            | E::ExternalWorkflowExecutionCancelRequested { operation } => (*operation, true),
            _ => continue,
        };
        if !answered.insert(operation) || !is_asked {
            let what = format!("the message {operation} to another run is answered out of place");
            findings.push(Finding::of(Rule::A9, record, what));
        }
    }
}

/// A10: one beginning and one end at most, and the end as the child itself has it.
fn ends(record: &Record, runs: &BTreeMap<&RunId, &Record>, findings: &mut Vec<Finding>) {
    let mut begun: BTreeMap<Operation, &RunId> = BTreeMap::new();
    let mut ended: BTreeMap<Operation, Status> = BTreeMap::new();
    let mut find = |what: String| findings.push(Finding::of(Rule::A10, record, what));
    let mut is_here: BTreeMap<Operation, bool> = BTreeMap::new();
    for event in record.events() {
        if let E::StartChildWorkflowExecutionInitiated(child) = event {
            is_here.insert(child.closed, child.namespace.as_str() == DEFAULT_NAMESPACE);
        }
        if let E::ChildWorkflowExecutionStarted { operation, run_id } = event
            && begun.insert(*operation, run_id).is_some()
        {
            find(format!("child {operation} began twice"));
        }
        let Some((operation, run_id, status)) = end(event) else { continue };
        if ended.insert(operation, status).is_some() {
            find(format!("child {operation} ended twice"));
        }
        if !begun.contains_key(&operation) {
            find(format!("child {operation} ended before it began"));
        }
        match runs.get(run_id) {
            Some(child) if child.row.status == status => {}
            Some(child) => {
                find(format!("child {operation} is {:?}, and was told {status:?}", child.row.status))
            }
            None if is_here.get(&operation) == Some(&true) => find(format!("child {operation} is not there")),
            None => {}
        }
    }
}

fn end(event: &E) -> Option<(Operation, &RunId, Status)> {
    match event {
        E::ChildWorkflowExecutionCompleted { operation, run_id, .. } => {
            Some((*operation, run_id, Status::Completed))
        }
        E::ChildWorkflowExecutionFailed { operation, run_id, .. } => {
            Some((*operation, run_id, Status::Failed))
        }
        E::ChildWorkflowExecutionCanceled { operation, run_id, .. } => {
            Some((*operation, run_id, Status::Cancelled))
        }
        E::ChildWorkflowExecutionTerminated { operation, run_id } => {
            Some((*operation, run_id, Status::Terminated))
        }
        E::ChildWorkflowExecutionTimedOut { operation, run_id, .. } => {
            Some((*operation, run_id, Status::TimedOut))
        }
        _ => None,
    }
}

/// A10: a parent's operation begins one child.
fn beginnings(records: &[Record], findings: &mut Vec<Finding>) {
    let mut children: BTreeMap<(&RunId, Operation), &Record> = BTreeMap::new();
    for record in records.iter().filter(|record| !record.continues()) {
        let Some(parent) = record.started().and_then(|started| started.origin.parent.as_ref()) else {
            continue;
        };
        if children.insert((&parent.run.run_id, parent.operation), record).is_some() {
            let what = format!("operation {} of {} began two children", parent.operation, parent.run.run_id);
            findings.push(Finding::of(Rule::A10, record, what));
        }
    }
}
