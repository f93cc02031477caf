use std::sync::Arc;

use dalsegno_engine::{
    event::{ActivityTaskScheduled, CancellationType, ChildCancellationType, IdReusePolicy, ModulePolicy},
    retry::RetryPolicy,
    time::Millis,
};

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_000_000);

fn activity(cancel_requested: bool) -> PendingActivity {
    let scheduled = ActivityTaskScheduled {
        operation: 3,
        activity_id: ActivityId::new("3"),
        activity_type: ActivityType::new("charge"),
        task_queue: TaskQueue::new("payments"),
        input: Vec::new(),
        headers: Vec::new(),
        schedule_to_close: Some(Millis(60_000)),
        schedule_to_start: None,
        start_to_close: Some(Millis(1_000)),
        heartbeat: None,
        retry_policy: RetryPolicy { maximum_attempts: 5, ..RetryPolicy::default() },
        cancellation_type: CancellationType::Wait,
        summary: None,
        local_retry_threshold: None,
    };
    PendingActivity { scheduled: Arc::new(scheduled), scheduled_at: Timestamp::MIN, cancel_requested }
}

fn row(state: RowState) -> ActivityRow {
    ActivityRow { operation: 3, attempt: 2, state, last_failure: Some(Failure::application("Busy", "later")) }
}

#[test]
fn a_first_attempt_is_under_way_without_a_row() {
    let body = activity_body(&activity(false), None, NOW);
    assert_eq!((body.state, body.attempt, body.maximum_attempts), (ActivityState::Started, 1, 5));
    assert!(body.next_attempt_time.is_none() && body.last_failure.is_none());
    assert_eq!(body.expiration_time, Some(Timestamp::MIN.plus(Millis(60_000))));
}

#[test]
fn a_waiting_attempt_tells_its_time_and_the_last_failure() {
    let at = NOW.plus(Millis(1));
    let body = activity_body(&activity(false), Some(&row(RowState::Waiting(at))), NOW);
    assert_eq!((body.state, body.attempt), (ActivityState::Scheduled, 2));
    assert_eq!(body.next_attempt_time, Some(at));
    assert_eq!(body.last_failure.map(|failure| failure.message), Some("later".to_owned()));
}

#[test]
fn an_attempt_whose_time_has_come_is_under_way() {
    for state in [RowState::Waiting(NOW), RowState::Granted] {
        let body = activity_body(&activity(false), Some(&row(state)), NOW);
        assert_eq!((body.state, body.next_attempt_time), (ActivityState::Started, None));
    }
}

#[test]
fn an_activity_that_was_asked_to_stop_says_so() {
    let body = activity_body(&activity(true), None, NOW);
    assert_eq!(body.state, ActivityState::CancelRequested);
}

fn child() -> Arc<ChildInitiated> {
    Arc::new(ChildInitiated {
        started: 1,
        closed: 2,
        namespace: Namespace::new("default"),
        workflow_id: WorkflowId::new("line-1"),
        run_id: RunId::new("r"),
        workflow_type: WorkflowType::new("line"),
        task_queue: TaskQueue::new("default"),
        input: Vec::new(),
        headers: Vec::new(),
        execution_timeout: None,
        run_timeout: None,
        retry_policy: None,
        id_reuse_policy: IdReusePolicy::Allow,
        parent_close_policy: ParentClosePolicy::RequestCancel,
        cancellation_type: ChildCancellationType::TryCancel,
        module_policy: ModulePolicy::Inherit,
        memo: BTreeMap::new(),
        search_attributes: BTreeMap::new(),
        summary: None,
    })
}

fn with_child(awaited: Option<PendingChild>) -> State {
    let mut state = State::default();
    state.children.insert(2, child());
    state.pending.extend(awaited.map(|child| (2, Pending::Child(child))));
    state
}

fn told(awaited: Option<PendingChild>) -> (bool, bool, bool) {
    let children = Pendings::of(&with_child(awaited), &[], NOW).children;
    assert_eq!(children.len(), 1);
    (children[0].started, children[0].cancel_requested, children[0].awaited)
}

#[test]
fn a_child_tells_whether_it_is_there_and_is_waited_for() {
    let pending = |run_id, cancel_requested| PendingChild { initiated: child(), run_id, cancel_requested };
    assert_eq!(told(Some(pending(None, false))), (false, false, true));
    assert_eq!(told(Some(pending(Some(RunId::new("r")), false))), (true, false, true));
    assert_eq!(told(Some(pending(Some(RunId::new("r")), true))), (true, true, true));
    assert_eq!(told(None), (false, true, false));
}

#[test]
fn what_was_asked_of_other_runs_is_told_by_its_kind() {
    let mut state = State::default();
    for (operation, external) in [(3, PendingExternal::Signal), (4, PendingExternal::Cancel)] {
        state.pending.insert(operation, Pending::External(external));
    }
    let externals = Pendings::of(&state, &[], NOW).externals;
    let told: Vec<_> = externals.iter().map(|external| (external.operation, external.kind)).collect();
    assert_eq!(told, [(3, ExternalKind::Signal), (4, ExternalKind::Cancel)]);
}
