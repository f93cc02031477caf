//! Payloads: a value and what is needed to read it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_bytes::ByteBuf;
use serde_json::value::RawValue;

/// The metadata key that names the format.
pub const ENCODING: &str = "encoding";
/// The default format: JSON text, kept byte for byte.
pub const JSON_PLAIN: &str = "json/plain";
/// Bytes that mean what the user says.
pub const BINARY_PLAIN: &str = "binary/plain";
/// No value.
pub const BINARY_NULL: &str = "binary/null";

/// The key that marks a payload written out in JSON.
const MARK: &str = "$payload";

/// One value.
///
/// In JSON a `json/plain` payload is its own text; any other is
/// `{"$payload": {"metadata": {key: base64}, "data": base64}}`, and so is text that would not come back
/// byte for byte: text that has this form itself, is no JSON, or stands between spaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    /// Names the format under [`ENCODING`]; other keys are the user's.
    pub metadata: BTreeMap<String, Bytes>,
    /// The value itself.
    pub data: Bytes,
}

/// Context that travels with calls, in the order given.
pub type Headers = Vec<(String, Payload)>;

/// Bytes that the arguments of a call and its context take up in a history, about.
#[must_use]
pub fn arguments_bytes(input: &[Payload], headers: &Headers) -> usize {
    let input = input.iter().map(Payload::size_bytes);
    let headers = headers.iter().map(|(name, payload)| name.len() + payload.size_bytes());
    input.chain(headers).sum()
}

impl Payload {
    /// A payload of JSON text.
    #[must_use]
    pub fn json(text: impl Into<Bytes>) -> Self {
        Self::encoded(JSON_PLAIN, text)
    }

    /// A payload of the given encoding.
    #[must_use]
    pub fn encoded(encoding: &'static str, data: impl Into<Bytes>) -> Self {
        let encoding = Bytes::from_static(encoding.as_bytes());
        Self { metadata: BTreeMap::from([(ENCODING.to_owned(), encoding)]), data: data.into() }
    }

    /// What [`ENCODING`] says.
    #[must_use]
    pub fn encoding(&self) -> Option<&str> {
        self.metadata.get(ENCODING).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The text of a plain JSON payload.
    #[must_use]
    pub fn as_json(&self) -> Option<&str> {
        let plain = self.metadata.len() == 1 && self.encoding() == Some(JSON_PLAIN);
        plain.then(|| std::str::from_utf8(&self.data).ok()).flatten()
    }

    /// Bytes it takes up in a history, near enough for limits.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let metadata: usize = self.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
        metadata + self.data.len()
    }

    /// A JSON payload whose text is this payload written out, whatever its encoding.
    #[must_use]
    pub fn written_out(&self) -> Self {
        let form = Marked { payload: Written::from(self) };
        Self::json(serde_json::to_vec(&form).unwrap_or_default())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marked {
    #[serde(rename = "$payload")]
    payload: Written,
}

/// A payload with its bytes in base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    data: String,
}

impl From<&Payload> for Written {
    fn from(payload: &Payload) -> Self {
        let metadata = payload.metadata.iter().map(|(key, value)| (key.clone(), BASE64.encode(value)));
        Self { metadata: metadata.collect(), data: BASE64.encode(&payload.data) }
    }
}

impl Written {
    fn read(self) -> Result<Payload, base64::DecodeError> {
        let metadata = self.metadata.into_iter().map(|(key, value)| Ok((key, BASE64.decode(value)?.into())));
        Ok(Payload { metadata: metadata.collect::<Result<_, _>>()?, data: BASE64.decode(self.data)?.into() })
    }
}

/// Whether JSON text has to be written out, because it looks like a payload that is.
fn looks_marked(text: &str) -> bool {
    text.starts_with('{') && text.contains(MARK) && serde_json::from_str::<Marked>(text).is_ok()
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            let metadata: Vec<(&str, &serde_bytes::Bytes)> = self
                .metadata
                .iter()
                .map(|(key, value)| (key.as_str(), serde_bytes::Bytes::new(value)))
                .collect();
            return (metadata, serde_bytes::Bytes::new(&self.data)).serialize(serializer);
        }
        if let Some(text) = self.as_json().filter(|text| !looks_marked(text))
            && let Ok(raw) = serde_json::from_str::<&RawValue>(text)
            && raw.get().len() == text.len()
        {
            return raw.serialize(serializer);
        }
        let written = serde_json::value::to_raw_value(&Marked { payload: Written::from(self) });
        written.map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let (metadata, data) = <(Vec<(String, ByteBuf)>, ByteBuf)>::deserialize(deserializer)?;
            let metadata = metadata.into_iter().map(|(key, value)| (key, value.into_vec().into()));
            return Ok(Self { metadata: metadata.collect(), data: data.into_vec().into() });
        }
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('{')
            && raw.get().contains(MARK)
            && let Ok(marked) = serde_json::from_str::<Marked>(raw.get())
        {
            return marked.payload.read().map_err(D::Error::custom);
        }
        Ok(Self::json(String::from(Box::<str>::from(raw))))
    }
}
