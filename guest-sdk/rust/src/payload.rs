//! Values between Rust and the host: JSON by serde.

use serde::{Serialize, de::DeserializeOwned};

pub use crate::bindings::dalsegno::workflow::types::Payload;
use crate::failure::{BAD_ARGUMENTS, Failure};

const ENCODING: &str = "encoding";
const JSON_PLAIN: &str = "json/plain";
const BINARY_PLAIN: &str = "binary/plain";
const BINARY_NULL: &str = "binary/null";

impl Payload {
    /// A value as JSON.
    ///
    /// # Errors
    /// The value has no JSON form: a map with keys that are no strings, for example.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        Ok(Self::with_encoding(JSON_PLAIN, serde_json::to_vec(value)?))
    }

    /// What is JSON already.
    pub(crate) fn from_json_text(text: String) -> Self {
        Self::with_encoding(JSON_PLAIN, text.into_bytes())
    }

    /// Bytes that mean what you and the receiver agreed on.
    ///
    /// ```
    /// use std::time::Duration;
    /// use dalsegno_sdk::{Failure, Payload, activity};
    ///
    /// async fn shrink(picture: Vec<u8>) -> Result<Vec<u8>, Failure> {
    ///     let shrink = activity::<Payload>("shrink").input(&Payload::bytes(picture));
    ///     Ok(shrink.start_to_close(Duration::from_secs(60)).await?.data)
    /// }
    /// ```
    #[must_use]
    pub fn bytes(data: Vec<u8>) -> Self {
        Self::with_encoding(BINARY_PLAIN, data)
    }

    /// The format's name; `json/plain` if the payload names none.
    #[must_use]
    pub fn encoding(&self) -> &str {
        let entry = self.metadata.iter().find(|(key, _)| key == ENCODING);
        entry.map_or(JSON_PLAIN, |(_, value)| std::str::from_utf8(value).unwrap_or("(not UTF-8)"))
    }

    /// Reads a JSON value. A `binary/null` payload reads as `null`.
    ///
    /// # Errors
    /// The value does not fit `T`, or its format is not JSON.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match self.encoding() {
            JSON_PLAIN => serde_json::from_slice(&self.data),
            BINARY_NULL => null(),
            other => {
                let message = format!("a payload with the encoding `{other}` is not read as JSON");
                Err(serde::de::Error::custom(message))
            }
        }
    }

    fn with_encoding(encoding: &str, data: Vec<u8>) -> Self {
        Self { metadata: vec![(ENCODING.to_owned(), encoding.as_bytes().to_vec())], data }
    }
}

/// What payloads are read as: types that `serde` reads from JSON, and [`Payload`] itself, as it came.
pub trait FromPayload: Sized {
    /// Reads a payload; an absent one reads as `null`.
    ///
    /// # Errors
    /// The value does not fit, or its format is not JSON.
    fn from_payload(payload: Option<&Payload>) -> Result<Self, serde_json::Error>;
}

impl<T: DeserializeOwned> FromPayload for T {
    fn from_payload(payload: Option<&Payload>) -> Result<Self, serde_json::Error> {
        payload.map_or_else(null, Payload::decode)
    }
}

impl FromPayload for Payload {
    fn from_payload(payload: Option<&Payload>) -> Result<Self, serde_json::Error> {
        payload.map_or_else(|| Self::json(&()), |payload| Ok(payload.clone()))
    }
}

/// What becomes a payload: values that `serde` writes as JSON, and [`Payload`] itself, as it is.
pub trait ToPayload {
    /// The payload.
    ///
    /// # Errors
    /// The value has no JSON form.
    fn to_payload(&self) -> Result<Payload, serde_json::Error>;
}

impl<T: Serialize + ?Sized> ToPayload for T {
    fn to_payload(&self) -> Result<Payload, serde_json::Error> {
        Payload::json(self)
    }
}

impl ToPayload for Payload {
    fn to_payload(&self) -> Result<Payload, serde_json::Error> {
        Ok(self.clone())
    }
}

fn null<T: DeserializeOwned>() -> Result<T, serde_json::Error> {
    serde_json::from_value(serde_json::Value::Null)
}

/// The arguments of a call, read one after the other.
///
/// An absent argument reads as `null`, so an `Option` at the end may be left out by the caller. Arguments
/// that nobody reads are ignored, so a caller may be newer than the workflow.
#[derive(Debug)]
pub struct Arguments<'a> {
    payloads: &'a [Payload],
    read: usize,
}

impl<'a> Arguments<'a> {
    /// All of them, none read yet.
    #[must_use]
    pub fn new(payloads: &'a [Payload]) -> Self {
        Self { payloads, read: 0 }
    }

    /// The next argument; `name` is for the message if it does not fit.
    ///
    /// # Errors
    /// A failure of type `BadArguments`: the argument does not fit `T`, or is absent and needed.
    pub fn next<T: FromPayload>(&mut self, name: &str) -> Result<T, Failure> {
        let payload = self.payloads.get(self.read);
        self.read += 1;
        T::from_payload(payload).map_err(|error| {
            let number = self.read;
            let why = if payload.is_some() { error.to_string() } else { "it is missing".to_owned() };
            Failure::application(BAD_ARGUMENTS, format!("argument {number}, `{name}`: {why}")).non_retryable()
        })
    }

    /// All that were not read yet, as they came.
    pub fn rest(&mut self) -> Vec<Payload> {
        let rest = self.payloads.get(self.read..).unwrap_or_default();
        self.read = self.payloads.len();
        rest.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_survives_the_way_there_and_back() {
        let payload = Payload::json(&("a", 1)).unwrap();
        assert_eq!(payload.encoding(), "json/plain");
        assert_eq!(payload.decode::<(String, u8)>().unwrap(), ("a".to_owned(), 1));
    }

    #[test]
    fn bytes_do_not_read_as_json() {
        let error = Payload::bytes(b"1".to_vec()).decode::<u8>().unwrap_err();
        assert_eq!(error.to_string(), "a payload with the encoding `binary/plain` is not read as JSON");
    }

    #[test]
    fn a_payload_passes_as_it_is() {
        let bytes = Payload::bytes(vec![0, 255]);
        assert_eq!(bytes.to_payload().unwrap(), bytes);
        assert_eq!(Arguments::new(std::slice::from_ref(&bytes)).next::<Payload>("picture").unwrap(), bytes);
        assert_eq!(Payload::from_payload(None).unwrap(), Payload::json(&()).unwrap());
    }

    #[test]
    fn an_argument_that_does_not_fit_is_named() {
        let payloads = [Payload::json("ten").unwrap()];
        let failure = Arguments::new(&payloads).next::<u64>("amount").unwrap_err();
        assert_eq!(failure.application_type(), Some("BadArguments"));
        let message = "argument 1, `amount`: invalid type: string \"ten\", expected u64 at line 1 column 5";
        assert_eq!(failure.message(), message);
    }

    #[test]
    fn an_absent_argument_is_missing_unless_optional() {
        let mut arguments = Arguments::new(&[]);
        let failure = arguments.next::<u64>("amount").unwrap_err();
        assert_eq!(failure.message(), "argument 1, `amount`: it is missing");
        assert_eq!(arguments.next::<Option<u64>>("seconds").unwrap(), None);
    }
}
