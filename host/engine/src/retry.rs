//! Whether a failed attempt is repeated, and when.
//!
//! Source: Temporal, "Retry Policies" and server `workflow/retry.go`.

use serde::{Deserialize, Serialize};

use crate::{
    Failure,
    failure::{FailureKind, RetryState, TimeoutKind},
    time::{Millis, Timestamp},
};

/// How failed attempts are repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// Before the second attempt.
    pub initial_interval: Millis,
    /// From one interval to the next.
    pub backoff_coefficient: f64,
    /// No interval is longer; 100 times the first if absent.
    pub maximum_interval: Option<Millis>,
    /// 0: unlimited; 1: none is repeated.
    pub maximum_attempts: u32,
    /// Types of application failures that are not tried again, matched exactly.
    pub non_retryable_error_types: Vec<String>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            initial_interval: Millis::from_secs(1),
            backoff_coefficient: 2.0,
            maximum_interval: None,
            maximum_attempts: 0,
            non_retryable_error_types: Vec::new(),
        }
    }
}

impl RetryPolicy {
    /// Checks what has no sensible meaning.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn check(&self) -> Result<(), String> {
        if !self.backoff_coefficient.is_finite() || self.backoff_coefficient < 1.0 {
            return Err(format!("backoff_coefficient is {}; use 1 or more", self.backoff_coefficient));
        }
        if self.initial_interval == Millis(0) {
            return Err("initial_interval is zero; use a millisecond or more".to_owned());
        }
        if self.maximum_interval.is_some_and(|maximum| maximum < self.initial_interval) {
            return Err("maximum_interval is shorter than initial_interval".to_owned());
        }
        Ok(())
    }

    /// The wait after the attempt of this number, from 1.
    #[must_use]
    pub fn backoff(&self, attempt: u32) -> Millis {
        let maximum = self.maximum_interval.unwrap_or(Millis(self.initial_interval.0.saturating_mul(100)));
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "an interval of 2^53 ms is 285,000 years")]
        let interval = self.initial_interval.0 as f64 * self.backoff_coefficient.powi(exponent);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
        let interval = interval as u64;
        Millis(interval.min(maximum.0))
    }
}

/// An attempt that failed.
#[derive(Debug, Clone, Copy)]
pub struct FailedAttempt<'a> {
    /// Its number, from 1.
    pub attempt: u32,
    /// What it raised.
    pub failure: &'a Failure,
    /// When it failed.
    pub now: Timestamp,
    /// When the whole expires.
    pub expires: Option<Timestamp>,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Another attempt, at this time.
    Retry(Timestamp),
    /// No further attempt.
    Stop(RetryState),
}

/// Decides on a failed attempt.
#[must_use]
pub fn decide(policy: &RetryPolicy, failed: FailedAttempt<'_>) -> Verdict {
    if let FailureKind::Timeout { kind: TimeoutKind::ScheduleToClose, .. } = failed.failure.kind {
        return Verdict::Stop(RetryState::Timeout);
    }
    if !is_retryable(policy, failed.failure) {
        return Verdict::Stop(RetryState::NonRetryableFailure);
    }
    if policy.maximum_attempts != 0 && failed.attempt >= policy.maximum_attempts {
        return Verdict::Stop(RetryState::MaximumAttemptsReached);
    }
    let asked = match &failed.failure.kind {
        FailureKind::Application { next_retry_delay, .. } => *next_retry_delay,
        _ => None,
    };
    let next = failed.now.plus(asked.unwrap_or_else(|| policy.backoff(failed.attempt)));
    if failed.expires.is_some_and(|expires| next >= expires) {
        return Verdict::Stop(RetryState::Timeout);
    }
    Verdict::Retry(next)
}

fn is_retryable(policy: &RetryPolicy, failure: &Failure) -> bool {
    match &failure.kind {
        FailureKind::Application { r#type, non_retryable, .. } => {
            !non_retryable && !policy.non_retryable_error_types.contains(r#type)
        }
        FailureKind::Timeout { kind, .. } => {
            matches!(kind, TimeoutKind::StartToClose | TimeoutKind::Heartbeat)
        }
        FailureKind::Cancelled { .. } | FailureKind::Terminated {} => false,
        FailureKind::Activity { .. } | FailureKind::ChildWorkflow { .. } | FailureKind::Server {} => true,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn failed(failure: &Failure, attempt: u32) -> FailedAttempt<'_> {
        FailedAttempt { attempt, failure, now: Timestamp::from_micros(0), expires: None }
    }

    #[rstest]
    #[case(1, 1)]
    #[case(2, 2)]
    #[case(5, 16)]
    #[case(8, 100)]
    #[case(4_000_000_000, 100)]
    fn backoff_doubles_up_to_a_hundred_times_the_first(#[case] attempt: u32, #[case] seconds: u64) {
        assert_eq!(RetryPolicy::default().backoff(attempt), Millis::from_secs(seconds));
    }

    #[test]
    fn a_failure_names_its_own_delay() {
        let mut failure = Failure::application("Busy", "later");
        if let FailureKind::Application { next_retry_delay, .. } = &mut failure.kind {
            *next_retry_delay = Some(Millis(7));
        }
        let verdict = decide(&RetryPolicy::default(), failed(&failure, 3));
        assert_eq!(verdict, Verdict::Retry(Timestamp::from_micros(7000)));
    }

    #[test]
    fn an_attempt_past_the_expiry_is_not_made() {
        let failure = Failure::application("Busy", "later");
        let late = FailedAttempt { expires: Some(Timestamp::from_micros(1_000_000)), ..failed(&failure, 1) };
        assert_eq!(decide(&RetryPolicy::default(), late), Verdict::Stop(RetryState::Timeout));
    }

    #[test]
    fn listed_types_and_non_retryable_failures_stop() {
        let policy =
            RetryPolicy { non_retryable_error_types: vec!["Fraud".into()], ..RetryPolicy::default() };
        let stop = Verdict::Stop(RetryState::NonRetryableFailure);
        assert_eq!(decide(&policy, failed(&Failure::application("Fraud", ""), 1)), stop);
        assert_eq!(decide(&policy, failed(&Failure::non_retryable("Other", ""), 1)), stop);
        assert_eq!(decide(&policy, failed(&Failure::cancelled("stop"), 1)), stop);
    }

    #[rstest]
    #[case(TimeoutKind::StartToClose, true)]
    #[case(TimeoutKind::Heartbeat, true)]
    #[case(TimeoutKind::ScheduleToStart, false)]
    #[case(TimeoutKind::ScheduleToClose, false)]
    fn only_timeouts_of_an_attempt_are_retried(#[case] kind: TimeoutKind, #[case] retried: bool) {
        let failure = Failure::timeout(kind, "late");
        let verdict = decide(&RetryPolicy::default(), failed(&failure, 1));
        assert_eq!(matches!(verdict, Verdict::Retry(_)), retried);
    }

    #[test]
    fn an_activity_whose_whole_time_is_up_has_timed_out() {
        let failure = Failure::timeout(TimeoutKind::ScheduleToClose, "late");
        let verdict = decide(&RetryPolicy::default(), failed(&failure, 1));
        assert_eq!(verdict, Verdict::Stop(RetryState::Timeout));
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        let policy = RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() };
        let failure = Failure::application("Busy", "later");
        assert!(matches!(decide(&policy, failed(&failure, 2)), Verdict::Retry(_)));
        let stop = Verdict::Stop(RetryState::MaximumAttemptsReached);
        assert_eq!(decide(&policy, failed(&failure, 3)), stop);
    }
}
