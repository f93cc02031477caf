//! Why a step of a test did not succeed.

use std::fmt;

use crate::Failure;

/// Why a step of a test did not succeed. Shown to people as one text.
pub enum Error {
    /// The run ended without a result.
    Closed {
        /// How: `failed`, `cancelled`, `terminated` or `timed_out`.
        status: String,
        /// Why.
        failure: Failure,
    },
    /// The update was rejected, or its handler failed.
    Update(Failure),
    /// The host refused a call.
    Refused {
        /// A stable code, like `workflow_not_found`.
        code: String,
        /// What happened.
        detail: String,
        /// What the workflow's code said, if it was asked.
        failure: Option<Failure>,
    },
    /// The workflow's code fails in the same way again and again.
    Blocked(String),
    /// It takes too long in the time of the machine.
    Unfinished(String),
    /// The test cannot be made: a program or a component is missing, or the host is gone.
    Setup(String),
}

impl Error {
    /// What the workflow's code said, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Closed { failure, .. } | Self::Update(failure) => Some(failure),
            Self::Refused { failure, .. } => failure.as_ref(),
            Self::Blocked(_) | Self::Unfinished(_) | Self::Setup(_) => None,
        }
    }

    /// The type of the outermost failure that user code raised.
    #[must_use]
    pub fn application_type(&self) -> Option<&str> {
        self.failure()?.application_type()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { status, failure } => write!(f, "the run {status}: {failure}"),
            Self::Update(failure) => write!(f, "the update failed: {failure}"),
            Self::Refused { code, detail, failure: None } => write!(f, "{code}: {detail}"),
            Self::Refused { code, detail, failure: Some(failure) } => {
                write!(f, "{code}: {detail}: {failure}")
            }
            Self::Blocked(reason) => write!(f, "the run is blocked: {reason}"),
            Self::Unfinished(text) | Self::Setup(text) => f.write_str(text),
        }
    }
}

/// As [`fmt::Display`], because that is what a test shows.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
