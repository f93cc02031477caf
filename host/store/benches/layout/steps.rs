//! The steps of a chain: an activity's result, and the next activity.

use std::sync::Arc;

use dalsegno_engine::{
    Payload, Timestamp, Transition,
    event::{ActivityTaskScheduled, CancellationType, EventAttributes},
    guest::Shown,
    ids::{ActivityId, ActivityType, TaskQueue},
    retry::RetryPolicy,
    time::Millis,
};

/// A result of 32 bytes, as in the workloads.
pub(crate) const RESULT: &str = r#""0123456789abcdefghijklmnopqrst""#;
/// An input of 100 bytes.
const INPUT: &str =
    r#"{"order":"order-000001","item":"a thing of some kind","count":3,"note":"please ring the bell twi"}"#;

/// The transition at a place of a chain, from 1.
pub(crate) fn step(number: u64) -> Transition {
    step_with(number, RESULT)
}

pub(crate) fn step_with(number: u64, result: &str) -> Transition {
    Transition {
        first_event_id: number * 2 - 1,
        time: Timestamp::from_micros(1_790_000_000_000_000 + number),
        activation: number,
        activated: Some(shown(number)),
        inputs: vec![EventAttributes::ActivityTaskCompleted {
            operation: number,
            result: Some(Payload::json(result.to_owned())),
            attempt: 1,
        }],
        commands: vec![EventAttributes::ActivityTaskScheduled(Arc::new(scheduled(number + 1)))],
    }
}

fn shown(number: u64) -> Shown {
    Shown { history_events: number * 2, history_bytes: number * 300, ..Shown::default() }
}

fn scheduled(operation: u64) -> ActivityTaskScheduled {
    ActivityTaskScheduled {
        operation,
        activity_id: ActivityId::new(operation.to_string()),
        activity_type: ActivityType::new("charge"),
        task_queue: TaskQueue::new("default"),
        input: vec![Payload::json(INPUT)],
        headers: Vec::new(),
        schedule_to_close: None,
        schedule_to_start: None,
        start_to_close: Some(Millis::from_secs(10)),
        heartbeat: None,
        retry_policy: RetryPolicy::default(),
        cancellation_type: CancellationType::TryCancel,
        summary: None,
        local_retry_threshold: None,
    }
}
