//! Negative controls of the rules about several runs, on doctored histories.

use std::collections::BTreeSet;

use dalsegno_engine::{
    Payload, Status,
    event::{EventAttributes as E, Parent, UpdateOutcome},
    ids::{RunId, WorkflowId},
};

use super::{Finding, Rule, families, record::Record, tests::chain, updates};

/// A run of this id with these events in its history, which is not whole otherwise.
fn record(run_id: &str, events: Vec<E>) -> Record {
    let (mut record, _) = chain();
    record.row.key.run_id = RunId::new(run_id);
    record.row.key.workflow_id = WorkflowId::new(format!("workflow-of-{run_id}"));
    record.transitions[1].inputs.extend(events);
    record
}

fn begun(operation: u64) -> E {
    E::ChildWorkflowExecutionStarted { operation, run_id: RunId::new("child") }
}

fn completed(operation: u64) -> E {
    E::ChildWorkflowExecutionCompleted { operation, run_id: RunId::new("child"), result: None }
}

fn accepted(id: &str) -> E {
    let (update_id, name) = (id.to_owned(), "add".to_owned());
    E::WorkflowExecutionUpdateAccepted { update_id, name, input: Vec::new(), headers: Vec::new() }
}

fn answered(id: &str) -> E {
    let outcome = UpdateOutcome::Completed(Payload::json("1"));
    E::WorkflowExecutionUpdateCompleted { update_id: id.to_owned(), outcome }
}

#[track_caller]
fn only(findings: &[Finding], rule: Rule, number: usize) {
    assert!(findings.iter().all(|finding| finding.rule == rule), "{findings:?}");
    assert_eq!(findings.len(), number, "{findings:?}");
}

#[test]
fn a_message_that_is_left_is_found() {
    assert!(families::messages(0).is_none());
    assert_eq!(families::messages(1).map(|finding| finding.rule), Some(Rule::A9));
}

#[test]
fn a_second_answer_of_another_run_is_found() {
    let answer = || E::ExternalWorkflowExecutionCancelRequested { operation: 9 };
    only(&families::all(&[record("one", vec![answer()])]), Rule::A9, 0);
    only(&families::all(&[record("one", vec![answer(), answer()])]), Rule::A9, 1);
    let unasked = E::ExternalWorkflowExecutionSignaled { operation: 9 };
    only(&families::all(&[record("one", vec![unasked])]), Rule::A9, 1);
}

#[test]
fn a_child_that_ends_twice_or_otherwise_is_found() {
    let child = record("child", Vec::new());
    let check = |events: Vec<E>| families::all(&[record("parent", events), child.clone()]);
    only(&check(vec![begun(9), completed(9)]), Rule::A10, 0);
    only(&check(vec![completed(9)]), Rule::A10, 1);
    only(&check(vec![begun(9), begun(9)]), Rule::A10, 1);
    only(&check(vec![begun(9), completed(9), completed(9)]), Rule::A10, 1);
    let terminated = E::ChildWorkflowExecutionTerminated { operation: 9, run_id: RunId::new("child") };
    assert_eq!(child.row.status, Status::Completed);
    only(&check(vec![begun(9), terminated]), Rule::A10, 1);
}

#[test]
fn two_children_of_one_operation_are_found() {
    let child = |run_id: &str| {
        let mut child = record(run_id, Vec::new());
        let Some(E::WorkflowExecutionStarted(started)) = child.transitions[0].inputs.first_mut() else {
            panic!("a history begins with the start")
        };
        let run = started.identity();
        std::sync::Arc::make_mut(started).origin.parent = Some(Parent { run, operation: 2 });
        child
    };
    only(&families::all(&[child("one")]), Rule::A10, 0);
    only(&families::all(&[child("one"), child("two")]), Rule::A10, 1);
}

#[test]
fn an_update_out_of_place_is_found() {
    let check = |events: Vec<E>, outcomes: &[&str]| {
        let mut record = record("one", events);
        record.outcomes = outcomes.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        updates::all(&[record])
    };
    only(&check(vec![accepted("a"), answered("a")], &["a"]), Rule::A11, 0);
    // Its run has ended.
    only(&check(vec![accepted("a")], &["a"]), Rule::A11, 0);
    only(&check(vec![accepted("a")], &[]), Rule::A11, 1);
    only(&check(vec![accepted("a"), answered("a")], &[]), Rule::A11, 1);
    only(&check(vec![accepted("a"), accepted("a"), answered("a")], &["a"]), Rule::A11, 1);
    only(&check(vec![accepted("a"), answered("a"), answered("a")], &["a"]), Rule::A11, 1);
}

#[test]
fn an_update_in_two_runs_of_a_workflow_is_found() {
    let mut runs = [record("one", vec![accepted("a")]), record("two", vec![accepted("a")])];
    for run in &mut runs {
        run.outcomes.insert("a".to_owned());
    }
    only(&updates::all(&runs), Rule::A11, 0);
    runs[1].row.key.workflow_id = runs[0].row.key.workflow_id.clone();
    only(&updates::all(&runs), Rule::A11, 1);
}
