//! What a guest asks of an activity.

use dalsegno_engine::{
    calls::ScheduleActivity, event::CancellationType, limits, retry::RetryPolicy, time::Millis,
};

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
        cancellation_type: cancellation_type(options.cancellation_type),
        summary: options.summary,
        local_retry_threshold: None,
    }
}

pub(crate) fn from_guest_local(
    activity_type: String,
    input: Vec<types::Payload>,
    options: activities::LocalOptions,
) -> ScheduleActivity {
    let threshold = options.local_retry_threshold_ms.map_or(limits::LOCAL_RETRY_THRESHOLD, Millis);
    ScheduleActivity {
        activity_type,
        input: payload::list_from_guest(input),
        activity_id: options.activity_id,
        task_queue: None,
        headers: payload::headers_from_guest(options.headers),
        schedule_to_close: options.schedule_to_close_ms.map(Millis),
        schedule_to_start: None,
        start_to_close: options.start_to_close_ms.map(Millis),
        heartbeat: None,
        retry_policy: options.retry_policy.map(retry_policy),
        cancellation_type: cancellation_type(options.cancellation_type),
        summary: options.summary,
        local_retry_threshold: Some(threshold),
    }
}

fn cancellation_type(cancellation_type: activities::CancellationType) -> CancellationType {
    match cancellation_type {
        activities::CancellationType::TryCancel => CancellationType::TryCancel,
        activities::CancellationType::Wait => CancellationType::Wait,
        activities::CancellationType::Abandon => CancellationType::Abandon,
    }
}

/// What is absent has the engine's default.
pub(crate) fn retry_policy(policy: types::RetryPolicy) -> RetryPolicy {
    let default = RetryPolicy::default();
    RetryPolicy {
        initial_interval: policy.initial_interval_ms.map_or(default.initial_interval, Millis),
        backoff_coefficient: policy.backoff_coefficient.unwrap_or(default.backoff_coefficient),
        maximum_interval: policy.maximum_interval_ms.map(Millis),
        maximum_attempts: policy.maximum_attempts.unwrap_or(default.maximum_attempts),
        non_retryable_error_types: policy.non_retryable_error_types,
    }
}

/// The other way: a policy has no absent parts in the engine, but for the longest interval.
pub(crate) fn retry_policy_to_guest(policy: &RetryPolicy) -> types::RetryPolicy {
    types::RetryPolicy {
        initial_interval_ms: Some(policy.initial_interval.0),
        backoff_coefficient: Some(policy.backoff_coefficient),
        maximum_interval_ms: policy.maximum_interval.map(|interval| interval.0),
        maximum_attempts: Some(policy.maximum_attempts),
        non_retryable_error_types: policy.non_retryable_error_types.clone(),
    }
}
