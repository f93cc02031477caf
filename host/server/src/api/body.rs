//! Reading request bodies, within limits of size and time.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody as _},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::service::ErrorCode;

/// The body of a request, but for a module.
pub(crate) const BODY_BYTES_MAX: usize = 8 << 20;
/// The longest silence within a body.
const BODY_IDLE_MAX: Duration = Duration::from_secs(30);
/// A whole body.
const BODY_TIME_MAX: Duration = Duration::from_secs(300);
/// Bytes of a body past its limit that are read and dropped, so that the client gets to read the refusal.
const DISCARDED_BYTES_MAX: usize = 64 << 20;
/// Time for that.
const DISCARD_TIME_MAX: Duration = Duration::from_secs(5);

/// A body as JSON of this form. None at all counts as `{}`, whatever its content type says.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = read(request, BODY_BYTES_MAX).await?;
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.trim_ascii().is_empty() { b"{}" } else { bytes };
    // An array would be read as the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid(
            "the body is an array; an object with the fields of this call is needed",
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::invalid(explain::<T>(bytes, &error)))
}

/// Says at which field. The text is read once more for that, since keeping track of fields costs time.
fn explain<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> String {
    if error.is_syntax() || error.is_eof() {
        return format!("the body is no JSON: {error}");
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(at) if at.path().iter().next().is_some() => format!("{}: {}", at.path(), at.inner()),
        _ => error.to_string(),
    }
}

/// The whole body of a request.
pub(crate) async fn read(request: Request, bytes_max: usize) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    let announced = body.size_hint().lower();
    if announced > bytes_max as u64 {
        if !expects_continue(&parts.headers) {
            discard(body).await;
        }
        return Err(too_large(bytes_max));
    }
    match tokio::time::timeout(BODY_TIME_MAX, collect(body, bytes_max)).await {
        Ok(bytes) => bytes,
        Err(_) => Err(too_slow()),
    }
}

async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    // Most bodies come in one piece, which is then not copied.
    let mut whole = Bytes::new();
    let mut gathered = BytesMut::new();
    loop {
        let chunk = tokio::time::timeout(BODY_IDLE_MAX, chunks.next()).await.map_err(|_| too_slow())?;
        let Some(chunk) = chunk else { break };
        let chunk =
            chunk.map_err(|error| Problem::invalid(format!("the body did not arrive whole: {error}")))?;
        if whole.len() + gathered.len() + chunk.len() > bytes_max {
            drop((whole, gathered, chunk));
            discard(Body::from_stream(chunks)).await;
            return Err(too_large(bytes_max));
        }
        if whole.is_empty() && gathered.is_empty() {
            whole = chunk;
            continue;
        }
        if gathered.is_empty() {
            gathered.extend_from_slice(&std::mem::take(&mut whole));
        }
        gathered.extend_from_slice(&chunk);
    }
    Ok(if gathered.is_empty() { whole } else { gathered.freeze() })
}

/// Reads on for a while: a connection that is closed over unread bytes may lose the answer.
async fn discard(body: Body) {
    let reading = async {
        let mut chunks = body.into_data_stream();
        let mut bytes = 0;
        while let Some(Ok(chunk)) = chunks.next().await
            && bytes < DISCARDED_BYTES_MAX
        {
            bytes += chunk.len();
        }
    };
    // Past the time, the connection is closed.
    let _ = tokio::time::timeout(DISCARD_TIME_MAX, reading).await;
}

/// Whether the client waits for a word before it sends the body, and so can be told at once.
fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(ErrorCode::TooLarge, format!("the body has more than {bytes_max} bytes"))
}

fn too_slow() -> Problem {
    Problem::new(ErrorCode::RequestTimeout, "the body did not arrive in time")
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default, deny_unknown_fields)]
    struct Form {
        count: u32,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        name: String,
    }

    fn refused(body: &str) -> String {
        let problem = parse::<Form>(body.as_bytes()).expect_err("it is refused");
        problem.body_detail()
    }

    impl Problem {
        fn body_detail(&self) -> String {
            serde_json::to_value(self.body()).expect("plain data")["detail"]
                .as_str()
                .expect("text")
                .to_owned()
        }
    }

    fn streamed(chunks: &[&'static str]) -> Request {
        let chunks: Vec<Result<&str, std::io::Error>> = chunks.iter().map(|chunk| Ok(*chunk)).collect();
        Request::new(Body::from_stream(stream::iter(chunks)))
    }

    #[test]
    fn no_body_is_an_empty_object() {
        assert_eq!(parse::<Form>(b" \n").ok(), Some(Form::default()));
    }

    #[test]
    fn a_refusal_names_the_field() {
        assert!(refused(r#"{"cuont": 1}"#).contains("cuont"));
        assert!(refused(r#"{"inner": {"name": 7}}"#).starts_with("inner.name: "));
        assert!(refused(r#"{"count": "#).starts_with("the body is no JSON"));
        assert!(refused("[1]").contains("array") && refused(" \"x\"").contains("invalid type"));
    }

    #[tokio::test]
    async fn bodies_are_read_up_to_their_limit() {
        assert_eq!(read(streamed(&["abc"]), 3).await.expect("it fits"), "abc");
        assert_eq!(read(streamed(&["a", "", "bc", "d"]), 4).await.expect("it fits"), "abcd");
        assert_eq!(read(streamed(&[]), 0).await.expect("it fits"), "");
        assert!(read(streamed(&["ab", "cd"]), 3).await.is_err());
        assert!(read(Request::new(Body::from("abcd")), 3).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_refused() {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let problem = read(Request::new(body), 3).await.expect_err("nothing came");
        assert!(problem.body_detail().contains("in time"));
    }
}
