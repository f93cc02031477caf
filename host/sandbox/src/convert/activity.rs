//! What a guest asks of an activity.

use dalsegno_engine::{calls::ScheduleActivity, event::CancellationType, retry::RetryPolicy, time::Millis};

use super::payload;
use crate::bindings::{activities, types};

pub(crate) fn from_guest(
    activity_type: String,
    input: Vec<types::Payload>,
    options: activities::Options,
) -> ScheduleActivity {
    ScheduleActivity {
        activity_type,
        input: payload::list_from_guest(input),
        activity_id: options.activity_id,
        task_queue: options.task_queue,
        headers: payload::headers_from_guest(options.headers),
        schedule_to_close: options.schedule_to_close_ms.map(Millis),
        schedule_to_start: options.schedule_to_start_ms.map(Millis),
        start_to_close: options.start_to_close_ms.map(Millis),
        heartbeat: options.heartbeat_ms.map(Millis),
        retry_policy: options.retry_policy.map(retry_policy),
        cancellation_type: match options.cancellation_type {
            activities::CancellationType::TryCancel => CancellationType::TryCancel,
            activities::CancellationType::Wait => CancellationType::Wait,
            activities::CancellationType::Abandon => CancellationType::Abandon,
        },
        summary: options.summary,
    }
}

/// What is absent has the engine's default.
fn retry_policy(policy: types::RetryPolicy) -> RetryPolicy {
    let default = RetryPolicy::default();
    RetryPolicy {
        initial_interval: policy.initial_interval_ms.map_or(default.initial_interval, Millis),
        backoff_coefficient: policy.backoff_coefficient.unwrap_or(default.backoff_coefficient),
        maximum_interval: policy.maximum_interval_ms.map(Millis),
        maximum_attempts: policy.maximum_attempts.unwrap_or(default.maximum_attempts),
        non_retryable_error_types: policy.non_retryable_error_types,
    }
}
