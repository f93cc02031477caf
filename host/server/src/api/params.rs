//! What stands in the address of a request.

use std::time::Duration;

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::request::Parts,
};
use dalsegno_engine::{
    Millis,
    ids::{InvalidId, ModuleDigest, Namespace, RunId, WorkflowId},
};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::service::RunRef;

/// The longest a client may wait for an answer.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(60);

/// What stands after `?`, of this form.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(rejection) => Err(Problem::invalid(rejection.body_text())),
        }
    }
}

/// The parts of the path that stand for something.
pub(crate) struct Segments<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(rejection) => Err(Problem::invalid(rejection.body_text())),
        }
    }
}

/// An id that came from outside.
pub(crate) fn id<'a, T>(
    field: &str,
    text: &'a str,
    parse: impl FnOnce(&'a str) -> Result<T, InvalidId>,
) -> Result<T, Problem> {
    parse(text).map_err(|problem| Problem::invalid(format!("{field} {problem}")))
}

/// An id that may be absent.
pub(crate) fn optional_id<'a, T>(
    field: &str,
    text: Option<&'a str>,
    parse: impl FnOnce(&'a str) -> Result<T, InvalidId>,
) -> Result<Option<T>, Problem> {
    text.map(|text| id(field, text, parse)).transpose()
}

/// The namespace of the path.
pub(crate) fn namespace(text: &str) -> Result<Namespace, Problem> {
    id("namespace", text, Namespace::parse)
}

/// The run that a path of namespace and workflow id means, with `?run_id=`.
pub(crate) fn run_ref(namespace: &str, workflow_id: &str, run_id: Option<&str>) -> Result<RunRef, Problem> {
    Ok(RunRef {
        namespace: self::namespace(namespace)?,
        workflow_id: id("workflow_id", workflow_id, WorkflowId::parse)?,
        run_id: optional_id("run_id", run_id, RunId::parse)?,
    })
}

/// A module's digest: `sha256:` and 64 hexadecimal digits in lower case.
pub(crate) fn digest(text: &str) -> Result<ModuleDigest, Problem> {
    let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let digits = text.strip_prefix("sha256:").map(str::as_bytes);
    if digits.is_some_and(|digits| digits.len() == 64 && digits.iter().copied().all(is_digit)) {
        return Ok(ModuleDigest::new(text));
    }
    Err(Problem::invalid(format!(
        "`{text}` is no digest of a module, which is sha256: and 64 hexadecimal digits"
    )))
}

/// How long to wait: what the client says, which is at most [`WAIT_MAX`].
pub(crate) fn wait(given: Option<Millis>, default: Duration) -> Result<Duration, Problem> {
    let wait = given.map_or(default, Millis::as_duration);
    if wait > WAIT_MAX {
        return Err(Problem::invalid(format!(
            "wait is at most {} s; ask again after that",
            WAIT_MAX.as_secs()
        )));
    }
    Ok(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_checked() {
        let hex = "0123456789abcdef".repeat(4);
        assert!(digest(&format!("sha256:{hex}")).is_ok());
        for wrong in
            [hex.as_str(), "sha256:", &format!("sha256:{}", hex.to_uppercase()), &format!("sha512:{hex}")]
        {
            assert!(digest(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_wait_is_a_minute_at_most() {
        let default = Duration::from_secs(10);
        assert_eq!(wait(None, default).ok(), Some(default));
        assert_eq!(wait(Some(Millis(0)), default).ok(), Some(Duration::ZERO));
        assert_eq!(wait(Some(Millis(60_000)), default).ok(), Some(WAIT_MAX));
        assert!(wait(Some(Millis(60_001)), default).is_err());
    }

    #[test]
    fn ids_of_paths_are_checked() {
        assert!(run_ref("default", "a/b", None).is_ok());
        for (namespace, id, run) in [("", "a", None), ("default", "..", None), ("default", "a", Some("\n"))] {
            assert!(run_ref(namespace, id, run).is_err(), "{namespace:?} {id:?} {run:?}");
        }
    }
}
