//! How a command fails: what is told on stderr, and the exit code.

use std::process::ExitCode;

use serde_json::Value;

use crate::{failure, output};

/// The operation failed.
const FAILED: u8 = 1;
/// Wrong usage.
const USAGE: u8 = 2;

/// Why a command did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The user typed something that makes no sense, or named a file that cannot be read.
    #[error("{0}")]
    Usage(String),
    /// The host refused.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// There is no host.
    #[error("no host answers at {address}; is `dalsegno serve` running? ({problem})")]
    Unreachable {
        /// Where.
        address: String,
        /// What the network said.
        problem: String,
    },
    /// The host was lost in the middle of an answer, or did not give one in time.
    #[error("the connection to the host at {address} was lost: {problem}")]
    Lost {
        /// Where.
        address: String,
        /// What the network said.
        problem: String,
    },
    /// The operation failed, with what is to be told of it.
    #[error("{0}")]
    Failed(String),
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
    /// Nobody reads the output any more: there is nobody to be told, and nothing is wrong.
    #[error("the output was closed")]
    OutputClosed,
}

/// A refusal of the host (RFC 9457), as far as it is understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Stable; empty if it is no problem of a Dalsegno host.
    pub(crate) code: String,
    /// What happened.
    pub(crate) detail: String,
    /// What to do.
    pub(crate) help: String,
    /// What the workflow's own code said.
    pub(crate) failure: Option<Value>,
}

impl Problem {
    /// From the body of an answer.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let mut problem = Self {
            status,
            code: text("code"),
            detail: text("detail"),
            help: text("help"),
            failure: json.get("failure").filter(|failure| failure.is_object()).cloned(),
        };
        if problem.code.is_empty() {
            problem.detail = format!("the answer has status {status}, and is none of a Dalsegno host");
            problem.help = "Is something else listening at the address, or a proxy in between?".to_owned();
        }
        problem
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.failure {
            None => write!(f, "{}", self.detail)?,
            Some(failure) => {
                // What the failure says is shown below, with its causes.
                let said = format!(": {}", failure["message"].as_str().unwrap_or_default());
                let detail = self.detail.strip_suffix(&said).unwrap_or(&self.detail);
                write!(f, "{detail}\n{}", failure::chain(failure).trim_end())?;
            }
        }
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        if !self.code.is_empty() {
            write!(f, "\n  code: {}", self.code)?;
        }
        Ok(())
    }
}

impl CliError {
    /// Wrong usage.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// Tells the user, and says how to end.
    pub(crate) fn tell(&self) -> ExitCode {
        match self {
            Self::OutputClosed => ExitCode::SUCCESS,
            Self::Usage(_) => {
                output::note(&format!("error: {self}"));
                ExitCode::from(USAGE)
            }
            _ => {
                output::note(&format!("error: {self}"));
                ExitCode::from(FAILED)
            }
        }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Other(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_with_its_help_and_code() {
        let body = br#"{"status": 404, "code": "workflow_not_found", "detail": "there is no workflow `a`", "help": "Look."}"#;
        let problem = Problem::read(404, body);
        assert_eq!(
            problem.to_string(),
            "there is no workflow `a`\n  help: Look.\n  code: workflow_not_found"
        );
    }

    #[test]
    fn what_the_workflow_said_is_shown_once() {
        let failure =
            serde_json::json!({"message": "no query b", "kind": {"application": {"type": "UnknownQuery"}}});
        let detail = "the query `b` failed: no query b".to_owned();
        let problem = Problem { detail, failure: Some(failure), ..Problem::default() };
        assert_eq!(problem.to_string(), "the query `b` failed\n  no query b (UnknownQuery)");
    }

    #[test]
    fn an_answer_of_something_else_is_told_as_such() {
        for body in [b"<html>".as_slice(), b"{}", b"[]", b""] {
            let problem = Problem::read(502, body);
            assert!(problem.detail.contains("502") && problem.code.is_empty(), "{problem:?}");
        }
    }

    #[test]
    fn a_closed_pipe_is_nobodys_fault() {
        let closed = CliError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert!(matches!(closed, CliError::OutputClosed));
        let full = CliError::from(std::io::Error::from(std::io::ErrorKind::StorageFull));
        assert!(matches!(full, CliError::Other(_)));
    }
}
