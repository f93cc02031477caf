//! The checks of one run, and of promises.

use std::collections::BTreeMap;

use dalsegno_engine::{
    State, Status, Timestamp, attempts::RowState, event::EventAttributes as E, ids::Operation,
};

use super::{Finding, Rule, record::Record};
use crate::journal::Asked;

/// Checks one run.
pub(super) fn run(record: &Record) -> Vec<Finding> {
    let mut findings = Vec::new();
    ids(record, &mut findings);
    closing(record, &mut findings);
    outcomes(record, &mut findings);
    match State::fold(record.transitions.iter().map(|transition| (transition, 0))) {
        Ok(state) => {
            row(record, &state, &mut findings);
            waking(record, &state, &mut findings);
        }
        Err(error) => findings.push(Finding::of(Rule::A1, record, error.to_string())),
    }
    findings
}

/// A1: without gaps, in order of time and activations.
fn ids(record: &Record, findings: &mut Vec<Finding>) {
    let mut next = 1;
    for transition in &record.transitions {
        if transition.first_event_id != next {
            let what = format!("event {} where event {next} belongs", transition.first_event_id);
            findings.push(Finding::of(Rule::A1, record, what));
        }
        next = transition.first_event_id + transition.len();
    }
    if next == 1 {
        findings.push(Finding::of(Rule::A1, record, "the run has no history"));
    }
}

/// A1: one end at most.
fn closing(record: &Record, findings: &mut Vec<Finding>) {
    let closes: Vec<bool> = record.events().map(is_closing).collect();
    let number = closes.iter().filter(|closes| **closes).count();
    if number > 1 {
        findings.push(Finding::of(Rule::A1, record, format!("{number} events close the run")));
    }
    if number == 1 && closes.last() != Some(&true) {
        findings.push(Finding::of(Rule::A1, record, "events follow the one that closes the run"));
    }
}

fn is_closing(event: &E) -> bool {
    matches!(
        event,
        E::WorkflowExecutionCompleted { .. }
            | E::WorkflowExecutionFailed { .. }
            | E::WorkflowExecutionCanceled { .. }
            | E::WorkflowExecutionTerminated { .. }
            | E::WorkflowExecutionTimedOut { .. }
            | E::WorkflowExecutionContinuedAsNew(_)
    )
}

/// A1: the row says what the history says.
fn row(record: &Record, state: &State, findings: &mut Vec<Finding>) {
    if record.row.status != state.status {
        let what = format!("the row is {:?}, the history {:?}", record.row.status, state.status);
        findings.push(Finding::of(Rule::A1, record, what));
    }
}

/// A6: counted here, and not left to the engine's own fold.
fn outcomes(record: &Record, findings: &mut Vec<Finding>) {
    let mut policies: BTreeMap<Operation, u32> = BTreeMap::new();
    let mut ended: BTreeMap<Operation, u32> = BTreeMap::new();
    for event in record.events() {
        let (operation, attempt) = match event {
            E::ActivityTaskScheduled(scheduled) => {
                policies.insert(scheduled.operation, scheduled.retry_policy.maximum_attempts);
                continue;
            }
            E::ActivityTaskCompleted { operation, attempt, .. }
            | E::ActivityTaskFailed { operation, attempt, .. }
            | E::ActivityTaskTimedOut { operation, attempt, .. }
            | E::ActivityTaskCanceled { operation, attempt, .. } => (*operation, *attempt),
            _ => continue,
        };
        if ended.insert(operation, attempt).is_some() {
            findings.push(Finding::of(Rule::A6, record, format!("activity {operation} has two outcomes")));
        }
        match policies.get(&operation) {
            None => findings.push(Finding::of(
                Rule::A6,
                record,
                format!("activity {operation} was never scheduled"),
            )),
            Some(&maximum) if maximum > 0 && attempt > maximum => {
                let what = format!("activity {operation} made {attempt} attempts of {maximum}");
                findings.push(Finding::of(Rule::A6, record, what));
            }
            Some(_) => {}
        }
    }
}

/// A5: whatever an open run waits for that is not a message, somebody will look at it in time.
fn waking(record: &Record, state: &State, findings: &mut Vec<Finding>) {
    if state.status != Status::Running || record.row.blocked.is_some() {
        return;
    }
    let waiting = record.attempts.iter().filter(|row| matches!(row.state, RowState::Waiting(_))).count();
    let in_memory = !state.undelivered.is_empty() && state.first_activation_at() <= state.time
        || state.pending_activities > waiting;
    let deadline = state.pending.values().filter_map(|pending| pending.deadline()).min();
    let retry = record.attempts.iter().filter_map(|row| match row.state {
        RowState::Waiting(at) => Some(at),
        RowState::Granted => None,
    });
    let start = (!state.undelivered.is_empty()).then(|| state.first_activation_at());
    let expires = state.run_expires();
    let latest = [deadline, retry.min(), start, expires].into_iter().flatten().min();
    let latest = if in_memory { Some(Timestamp::MIN) } else { latest };
    let wake_at = record.row.wake_at;
    if let Some(latest) = latest
        && wake_at.is_none_or(|wake_at| wake_at > latest)
    {
        let what = format!("the run has to be looked at by {latest}, and its row says {wake_at:?}");
        findings.push(Finding::of(Rule::A5, record, what));
    }
}

/// A2: starts, signals and updates.
pub(super) fn promises(asked: &BTreeMap<Asked, bool>, records: &[Record]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (asked, acknowledged) in asked {
        let found = match asked {
            Asked::Start { workflow_id } => {
                records_of(records, workflow_id).filter(|record| !record.continues()).count()
            }
            Asked::Signal { workflow_id, request_id } => {
                let signals = records_of(records, workflow_id).flat_map(Record::events);
                signals.filter(|event| is_signal(event, request_id)).count()
            }
            Asked::Update { workflow_id, update_id } => {
                let updates = records_of(records, workflow_id).flat_map(Record::events);
                updates.filter(|event| is_update(event, update_id)).count()
            }
        };
        let expected = if *acknowledged { found == 1 } else { found <= 1 };
        if !expected {
            let promised = if *acknowledged { "acknowledged" } else { "not acknowledged" };
            let what = format!("{asked:?} was {promised}, and is there {found} times");
            findings.push(Finding { rule: Rule::A2, run: None, what });
        }
    }
    findings
}

fn records_of<'a>(records: &'a [Record], workflow_id: &'a str) -> impl Iterator<Item = &'a Record> {
    records.iter().filter(move |record| record.row.key.workflow_id.as_str() == workflow_id)
}

fn is_signal(event: &E, wanted: &str) -> bool {
    match event {
        E::WorkflowExecutionSignaled { request_id: Some(request_id), .. } => request_id.as_str() == wanted,
        _ => false,
    }
}

fn is_update(event: &E, wanted: &str) -> bool {
    matches!(event, E::WorkflowExecutionUpdateAccepted { update_id, .. } if update_id == wanted)
}

/// A8: what a program says when it has a bug. What a guest says of its own stands in lines of the host's log, which
/// begin with their time.
pub(super) fn panics(log: &str) -> Vec<Finding> {
    let is_panic = |line: &&str| {
        let own = line.starts_with("thread '") && line.contains("panicked at");
        own || line.contains("a request handler panicked")
    };
    let lines = log.lines().filter(is_panic);
    lines.map(|line| Finding { rule: Rule::A8, run: None, what: line.to_owned() }).collect()
}
