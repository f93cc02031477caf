//! Failures as those write them who make attempts elsewhere.

use dalsegno_engine::{Failure, Millis, Payload, failure::FailureKind};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::schemas;

/// Why an attempt failed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApplicationFailure, no_recursion)]
pub(crate) struct FailureBody {
    /// One line for people.
    #[serde(default)]
    message: String,
    /// What retry policies match: `Error` if absent.
    r#type: Option<String>,
    /// Never to be tried again.
    #[serde(default)]
    non_retryable: bool,
    /// Values for the workflow.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Payload>)]
    details: Vec<Payload>,
    /// Overrides the backoff.
    #[schema(value_type = Option<String>, example = "30s")]
    next_retry_delay: Option<Millis>,
    /// As the language prints it.
    #[serde(default)]
    stack_trace: String,
    /// What made it fail.
    cause: Option<Box<FailureBody>>,
}

impl FailureBody {
    pub(crate) fn into_failure(self) -> Failure {
        let Self { message, r#type, non_retryable, details, next_retry_delay, stack_trace, cause } = self;
        let r#type = r#type.unwrap_or_else(|| "Error".to_owned());
        let kind = FailureKind::Application { r#type, non_retryable, details, next_retry_delay };
        let cause = cause.map(|cause| Box::new(cause.into_failure()));
        Failure { stack_trace, cause, ..Failure::new(message, kind) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default() {
        let body: FailureBody = serde_json::from_str(
            r#"{"message": "no", "type": "Declined", "details": [7], "cause": {"message": "limit"}}"#,
        )
        .expect("a failure");
        let expected =
            Failure::application("Declined", "no").caused_by(Failure::application("Error", "limit"));
        let mut failure = body.into_failure();
        if let FailureKind::Application { details, .. } = &mut failure.kind {
            assert_eq!(details.split_off(0), [Payload::json("7")]);
        }
        assert_eq!(failure, expected);
    }
}
