//! The auditor's negative controls: each rule turns red on a doctored history, and only then.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use dalsegno_engine::{
    Millis, Payload, Run, Seed, Status, Timestamp, Transition,
    attempts::AttemptResult,
    event::{EventAttributes as E, Origin, WorkflowExecutionStarted},
    guest::RunInfo,
    history::ENGINE_SEMANTICS,
    ids::{Namespace, RequestId, RunId, TaskQueue, WorkflowId, WorkflowType},
    run::{Effect, Input},
};
use dalsegno_sandbox::Sandbox;
use dalsegno_store::{RunKey, RunRow};
use sqlx::Connection as _;

use super::{
    Finding, Replayer, Rule,
    record::{self, Record},
    rules,
};
use crate::{guests, journal::Asked};

const START: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn started(workflow_type: &str, input: Vec<Payload>, module: &[u8]) -> WorkflowExecutionStarted {
    WorkflowExecutionStarted {
        workflow_type: WorkflowType::new(workflow_type),
        workflow_id: WorkflowId::new("audited"),
        task_queue: TaskQueue::new("default"),
        input,
        headers: Vec::new(),
        module: Sandbox::digest(module),
        seed: Seed([7; 32]),
        engine_semantics: ENGINE_SEMANTICS,
        first_run_id: RunId::new("run"),
        attempt: 1,
        execution_timeout: None,
        run_timeout: None,
        start_delay: None,
        memo: BTreeMap::new(),
        search_attributes: BTreeMap::new(),
        request_id: None,
        namespace: Namespace::new("default"),
        retry_policy: None,
        origin: Origin::default(),
    }
}

/// A real run of the guest `chain`, without a host: `turns` turns, in which activities complete at once.
fn recorded(workflow_type: &str, input: &str, turns: usize) -> (Record, Replayer) {
    let bytes = guests::bytes("chain");
    let digest = Sandbox::digest(&bytes);
    let replayer = Replayer::new(BTreeMap::from([(digest.clone(), bytes.clone())]));
    let started = started(workflow_type, vec![Payload::json(input.to_owned())], &bytes);
    let mut run = Run::start(started.clone(), START);
    let key = RunKey {
        namespace: Namespace::new("default"),
        workflow_id: started.workflow_id.clone(),
        run_id: RunId::new("run"),
    };
    let info = RunInfo {
        namespace: key.namespace.clone(),
        run_id: key.run_id.clone(),
        start_time: START,
        started: Arc::new(started),
    };
    let mut guest = replayer.sandbox.instantiate(&replayer.modules[&digest], info).expect("a guest");
    if workflow_type == "waiter" {
        let request_id = Some(RequestId::new("signal-1"));
        let go = Input::Signal {
            name: "go".to_owned(),
            input: vec![Payload::json("1")],
            headers: Vec::new(),
            request_id,
        };
        run.accept(go).expect("it is open");
    }
    let mut transitions: Vec<Transition> = Vec::new();
    let mut summary = run.summary();
    for turn in 0..turns {
        if run.is_ready() {
            run.activate(&mut guest).expect("it does no harm");
        }
        let step = run.settle();
        transitions.extend(step.transition);
        summary = step.summary;
        for effect in step.effects {
            if let (Effect::Dispatch(task), true) = (effect, turn + 1 < turns) {
                let result = AttemptResult::Completed(Some(Payload::json("null")));
                run.attempt_ended(task.scheduled.operation, task.attempt, result).expect("it is under way");
            }
        }
    }
    let row = RunRow {
        key,
        workflow_type: WorkflowType::new(workflow_type),
        module: digest,
        status: summary.status,
        start_time: START,
        close_time: summary.close_time,
        wake_at: summary.wake_at,
        blocked: summary.blocked,
        request_id: None,
        attributes: dalsegno_store::Attributes::default(),
    };
    let (attempts, outcomes) = (Vec::new(), BTreeSet::new());
    (Record { row, transitions, attempts, outcomes }, replayer)
}

/// A run that has ended well.
pub(super) fn chain() -> (Record, Replayer) {
    recorded("chain", r#"{"steps": 3}"#, 10)
}

#[track_caller]
fn only(findings: &[Finding], rule: Rule) {
    assert!(!findings.is_empty(), "nothing was found");
    assert!(findings.iter().all(|finding| finding.rule == rule), "{findings:?}");
}

#[track_caller]
fn among(findings: &[Finding], rule: Rule) {
    assert!(findings.iter().any(|finding| finding.rule == rule), "{findings:?}");
}

#[test]
fn a_true_history_has_no_findings() {
    let (record, replayer) = chain();
    assert_eq!(record.row.status, Status::Completed);
    assert!(rules::run(&record).is_empty(), "{:?}", rules::run(&record));
    let (replayed, findings) = replayer.replay_all(vec![record]);
    assert_eq!((replayed, findings.len()), (4, 0), "{findings:?}");
}

#[test]
fn a_missing_transition_is_found() {
    let (mut record, _) = chain();
    record.transitions.remove(1);
    among(&rules::run(&record), Rule::A1);
}

#[test]
fn an_event_after_the_end_is_found() {
    let (mut record, _) = chain();
    let last = record.transitions.last_mut().expect("it has some");
    last.commands.push(E::TimerStarted { operation: 9, start_to_fire: Millis(1), summary: None });
    among(&rules::run(&record), Rule::A1);
}

#[test]
fn a_second_end_is_found() {
    let (mut record, _) = chain();
    let last = record.transitions.last_mut().expect("it has some");
    last.commands.push(E::WorkflowExecutionCompleted { result: None });
    among(&rules::run(&record), Rule::A1);
}

#[test]
fn a_row_that_contradicts_its_history_is_found() {
    let (mut record, _) = chain();
    record.row.status = Status::Failed;
    only(&rules::run(&record), Rule::A1);
}

#[test]
fn a_result_recorded_twice_is_found() {
    let (mut record, _) = chain();
    let again = record.transitions[1].inputs[0].clone();
    record.transitions[1].inputs.push(again);
    among(&rules::run(&record), Rule::A6);
}

#[test]
fn attempts_beyond_the_policy_are_found() {
    let (mut record, _) = chain();
    let command = record.transitions[0].commands.last_mut();
    let Some(E::ActivityTaskScheduled(scheduled)) = command else { panic!("{command:?}") };
    Arc::make_mut(scheduled).retry_policy.maximum_attempts = 2;
    assert!(rules::run(&record).is_empty());
    let Some(E::ActivityTaskCompleted { attempt, .. }) = record.transitions[1].inputs.first_mut() else {
        panic!("the activity has no result")
    };
    *attempt = 3;
    only(&rules::run(&record), Rule::A6);
}

#[test]
fn another_argument_is_a_divergence() {
    let (mut record, replayer) = chain();
    let command = record.transitions[1].commands.last_mut();
    let Some(E::ActivityTaskScheduled(scheduled)) = command else { panic!("{command:?}") };
    Arc::make_mut(scheduled).input = vec![Payload::json("100")];
    assert!(rules::run(&record).is_empty(), "only a replay can tell");
    only(&replayer.replay_all(vec![record]).1, Rule::A4);
}

#[test]
fn a_stranded_run_is_found() {
    let (mut record, _) = recorded("sleeper", r#"{"ms": 60000}"#, 1);
    assert_eq!(record.row.wake_at, Some(START.plus(Millis(60_000))));
    assert!(rules::run(&record).is_empty(), "{:?}", rules::run(&record));
    record.row.wake_at = Some(START.plus(Millis(60_001)));
    only(&rules::run(&record), Rule::A5);
    record.row.wake_at = None;
    only(&rules::run(&record), Rule::A5);
}

#[test]
fn an_attempt_that_only_memory_knows_of_is_looked_at_at_once() {
    let (mut record, _) = recorded("chain", r#"{"steps": 3}"#, 1);
    assert_eq!(record.row.wake_at, Some(Timestamp::MIN));
    assert!(rules::run(&record).is_empty(), "{:?}", rules::run(&record));
    record.row.wake_at = Some(START.plus(Millis(5)));
    only(&rules::run(&record), Rule::A5);
}

#[test]
fn promises_are_counted() {
    let (record, _) = recorded("waiter", "null", 10);
    let start = Asked::Start { workflow_id: "audited".to_owned() };
    let signal = |id: &str| Asked::Signal { workflow_id: "audited".to_owned(), request_id: id.to_owned() };
    let check = |asked: Asked, acknowledged: bool, records: &[Record]| {
        rules::promises(&BTreeMap::from([(asked, acknowledged)]), records)
    };
    let once = [record.clone()];
    assert!(check(start.clone(), true, &once).is_empty());
    assert!(check(signal("signal-1"), true, &once).is_empty());
    assert!(check(signal("signal-2"), false, &once).is_empty());
    only(&check(signal("signal-2"), true, &once), Rule::A2);
    only(&check(start.clone(), true, &[]), Rule::A2);
    let twice = [record.clone(), record];
    only(&check(start, false, &twice), Rule::A2);
    only(&check(signal("signal-1"), true, &twice), Rule::A2);
}

#[test]
fn panics_are_found_in_logs() {
    let of_guest = "2026-01-01T00:00:00Z  WARN guest: thread '<unnamed>' (1) panicked at lib.rs:1:2:\n";
    assert!(rules::panics(of_guest).is_empty());
    let log = "INFO a\nthread 'guest-1' panicked at host/server/src/x.rs:1:2:\nboom\n";
    only(&rules::panics(log), Rule::A8);
}

#[tokio::test]
async fn a_row_of_an_older_host_is_found() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let database = crate::Database::new(crate::Backend::Sqlite, folder.path()).await;
    database.open().await.close().await;
    let mut connection = sqlx::SqliteConnection::connect(database.url()).await.expect("it opens");
    let run =
        "INSERT INTO runs (run_id, namespace, workflow_id, shard, workflow_type, module, status, start_time)
        VALUES (zeroblob(16), 'default', 'audited', 0, 'chain', zeroblob(32), 0, 0)";
    sqlx::query(run).execute(&mut connection).await.expect("it is written");
    let mut write = async |first_event_id: i64, epoch: i64| {
        let sql = "INSERT INTO history VALUES (zeroblob(16), $1, 1, $2, $1, 0, 1, x'00')";
        sqlx::query(sql)
            .bind(first_event_id)
            .bind(epoch)
            .execute(&mut connection)
            .await
            .expect("it is written");
    };
    write(1, 1).await;
    write(2, 2).await;
    assert!(!record::has_falling_epochs(database.url()).await);
    write(3, 1).await;
    assert!(record::has_falling_epochs(database.url()).await);
}
