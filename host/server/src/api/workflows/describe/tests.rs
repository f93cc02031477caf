use std::sync::Arc;

use dalsegno_engine::{
    event::{ActivityTaskScheduled, CancellationType},
    retry::RetryPolicy,
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
