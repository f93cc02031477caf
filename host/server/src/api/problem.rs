//! Refusals as RFC 9457 problems: the one place where a code gets its HTTP status.

use std::{any::Any, borrow::Cow, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use dalsegno_engine::Failure;
use serde::Serialize;
use utoipa::ToSchema;

use super::schemas;
use crate::service::{ErrorCode, ServiceError};

/// The media type of problems.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request was refused.
#[derive(Debug, Clone)]
pub(crate) struct Problem(ServiceError);

/// A refused request (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// A URI for each code.
    #[schema(example = "urn:dalsegno:problem:workflow_not_found")]
    r#type: String,
    /// The code in words.
    #[schema(example = "Workflow not found")]
    title: String,
    /// The status of the answer.
    #[schema(example = 404)]
    status: u16,
    /// What happened, in this case.
    detail: Cow<'a, str>,
    /// Stable; the description of this document lists all.
    #[schema(example = "workflow_not_found")]
    code: &'static str,
    /// What the code means, and what to do.
    help: &'static str,
    /// What the workflow's own code said, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Failure>)]
    failure: Option<&'a Failure>,
}

/// The status of a code.
pub(crate) fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidArgument => StatusCode::BAD_REQUEST,
        ErrorCode::CrossSiteRefused => StatusCode::FORBIDDEN,
        ErrorCode::AddressNotFound
        | ErrorCode::NamespaceNotFound
        | ErrorCode::WorkflowNotFound
        | ErrorCode::ModuleNotFound
        | ErrorCode::WorkflowTypeNotFound
        | ErrorCode::QueryNotFound
        | ErrorCode::UpdateNotFound
        | ErrorCode::UpdateHandlerNotFound
        | ErrorCode::AttemptNotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::WorkflowAlreadyRunning
        | ErrorCode::WorkflowIdReused
        | ErrorCode::WorkflowClosed
        | ErrorCode::RunBlocked
        | ErrorCode::RunNotActivated
        | ErrorCode::SignalLimit
        | ErrorCode::HistoryFull
        | ErrorCode::ModuleCompiling => StatusCode::CONFLICT,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::BadArguments
        | ErrorCode::QueryFailed
        | ErrorCode::ValidatorFailed
        | ErrorCode::ModuleRefused => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::UpdateLimit => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::NotSupported => StatusCode::NOT_IMPLEMENTED,
        ErrorCode::NotOwner
        | ErrorCode::NotReady
        | ErrorCode::DatabaseUnavailable
        | ErrorCode::Overloaded
        | ErrorCode::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Problem {
    /// A refusal with this code.
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(ServiceError::new(code, detail))
    }

    /// The request makes no sense.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, detail)
    }

    /// As it stands in an answer.
    pub(crate) fn body(&self) -> ProblemBody<'_> {
        let Self(error) = self;
        ProblemBody {
            r#type: type_of(error.code),
            title: title(error.code),
            status: status(error.code).as_u16(),
            detail: Cow::Borrowed(&error.message),
            code: error.code.as_str(),
            help: error.code.help(),
            failure: error.failure.as_deref(),
        }
    }
}

/// A stable URI for each code.
fn type_of(code: ErrorCode) -> String {
    format!("urn:dalsegno:problem:{}", code.as_str())
}

/// `workflow_not_found` as `Workflow not found`.
fn title(code: ErrorCode) -> String {
    let mut words = code.as_str().replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = status(self.0.code);
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code = self.0.code.as_str(), "{}", self.0.message);
        }
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        if let Some(wait) = self.0.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after(wait));
        }
        response
    }
}

/// In whole seconds, because the header has no others; never 0, which would mean at once.
fn retry_after(wait: Duration) -> HeaderValue {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    HeaderValue::from(seconds.max(1))
}

/// What a client is told when a handler panics; the panic itself is in the log.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("of another type"), "a request handler panicked");
    Problem::new(ErrorCode::Internal, "the host made a mistake in answering; its log says more")
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_its_own_text_and_an_error_status() {
        let texts: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert!(status(code).is_client_error() || status(code).is_server_error(), "{code:?}");
            assert!(!code.help().is_empty(), "{code:?}");
        }
    }

    #[test]
    fn an_answer_has_all_that_a_client_needs() {
        let mut error = ServiceError::new(ErrorCode::QueryFailed, "the query `total` failed");
        error.failure = Some(Box::new(Failure::application("NoTotal", "not yet")));
        let problem = serde_json::to_value(Problem::from(error).body()).expect("it is plain data");
        assert_eq!(problem["type"], "urn:dalsegno:problem:query_failed");
        assert_eq!(problem["title"], "Query failed");
        assert_eq!(problem["status"], 422);
        assert_eq!(problem["detail"], "the query `total` failed");
        assert_eq!(problem["code"], "query_failed");
        assert_eq!(problem["failure"]["message"], "not yet");
    }

    #[test]
    fn what_may_pass_says_when_to_try_again() {
        let response = Problem::new(ErrorCode::DatabaseUnavailable, "away").into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let response = Problem::invalid("no").into_response();
        assert!(!response.headers().contains_key(header::RETRY_AFTER));
    }

    #[test]
    fn waits_are_whole_seconds_and_never_none() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(retry_after(Duration::from_millis(millis)), HeaderValue::from(seconds));
        }
    }
}
