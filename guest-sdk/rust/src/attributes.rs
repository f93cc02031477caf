//! What people find a run by: search attributes, memo, details.

use std::{collections::BTreeMap, time::SystemTime};

use serde::Serialize;
use serde_json::Value;

use crate::{
    datetime,
    failure::{BAD_ARGUMENTS, Failure},
    payload::Payload,
    runtime::{self, Runtime},
};

/// The key of a payload's metadata that names the type of a search attribute.
const TYPE: &str = "type";

/// The value of a search attribute, of one of the types that can be searched for.
#[derive(Debug, Clone, PartialEq)]
pub enum SearchAttribute {
    /// True or false.
    Bool(bool),
    /// A point in time, to the microsecond.
    Datetime(SystemTime),
    /// A number with a fraction.
    Double(f64),
    /// A whole number.
    Int(i64),
    /// A text that is found as a whole, or by how it begins.
    Keyword(String),
    /// Several such texts.
    KeywordList(Vec<String>),
    /// A text that is found by its words.
    Text(String),
}

impl SearchAttribute {
    /// A text that is found as a whole, or by how it begins.
    pub fn keyword(text: impl Into<String>) -> Self {
        Self::Keyword(text.into())
    }

    /// Several such texts.
    pub fn keywords<K: Into<String>>(texts: impl IntoIterator<Item = K>) -> Self {
        Self::KeywordList(texts.into_iter().map(Into::into).collect())
    }

    /// A text that is found by its words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn into_payload(self) -> Payload {
        let (name, value) = match self {
            Self::Bool(value) => ("bool", Value::from(value)),
            Self::Datetime(value) => ("datetime", Value::from(datetime::format(value))),
            Self::Double(value) => ("double", Value::from(value)),
            Self::Int(value) => ("int", Value::from(value)),
            Self::Keyword(value) => ("keyword", Value::from(value)),
            Self::KeywordList(value) => ("keyword-list", Value::from(value)),
            Self::Text(value) => ("text", Value::from(value)),
        };
        let mut payload = Payload::from_json_text(value.to_string());
        payload.metadata.push((TYPE.to_owned(), name.as_bytes().to_vec()));
        payload
    }

    /// Reads one; `None` if it is of a type that this SDK does not know.
    pub(crate) fn from_payload(payload: &Payload) -> Option<Self> {
        let (_, name) = payload.metadata.iter().find(|(key, _)| key == TYPE)?;
        match name.as_slice() {
            b"bool" => payload.decode().ok().map(Self::Bool),
            b"datetime" => datetime::parse(&payload.decode::<String>().ok()?).map(Self::Datetime),
            b"double" => payload.decode().ok().map(Self::Double),
            b"int" => payload.decode().ok().map(Self::Int),
            b"keyword" => payload.decode().ok().map(Self::Keyword),
            b"keyword-list" => payload.decode().ok().map(Self::KeywordList),
            b"text" => payload.decode().ok().map(Self::Text),
            _ => None,
        }
    }
}

impl From<bool> for SearchAttribute {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<SystemTime> for SearchAttribute {
    fn from(value: SystemTime) -> Self {
        Self::Datetime(value)
    }
}

impl From<f64> for SearchAttribute {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<i64> for SearchAttribute {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

/// Sets search attributes of this run; those given as `None` are removed, others stay as they are.
///
/// ```
/// use dalsegno_sdk::{SearchAttribute, now, upsert_search_attributes};
///
/// fn shipped(country: &str, parcels: i64) {
///     upsert_search_attributes([
///         ("Country", Some(SearchAttribute::keyword(country))),
///         ("Parcels", Some(parcels.into())),
///         ("ShippedAt", Some(now().into())),
///         ("WaitsFor", None),
///     ]);
/// }
/// ```
///
/// [`info`](crate::info()) tells them from then on. All of one call are one event of the history.
#[track_caller]
pub fn upsert_search_attributes<N, V>(attributes: impl IntoIterator<Item = (N, V)>)
where
    N: Into<String>,
    V: Into<Option<SearchAttribute>>,
{
    let runtime = runtime::current();
    let changes: Vec<_> = attributes
        .into_iter()
        .map(|(name, value)| (name.into(), value.into().map(SearchAttribute::into_payload)))
        .collect();
    runtime.call_site_of_caller();
    runtime.host().upsert_search_attributes(&changes);
    runtime.upserted(|upserted| upserted.search_attributes.extend(changes));
}

/// Sets memo fields of this run, each field of a value that is a JSON object. Fields that are `null` are
/// removed, others stay as they are.
///
/// ```
/// use serde_json::json;
///
/// fn note(step: &str) {
///     dalsegno_sdk::set_memo(&json!({ "step": step, "waits_for": null }));
/// }
/// ```
///
/// A value that is no object is a bug of the code.
#[track_caller]
pub fn set_memo<F: Serialize + ?Sized>(fields: &F) {
    let runtime = runtime::current();
    let changes = match serde_json::to_value(fields) {
        Ok(Value::Object(fields)) => fields.into_iter().map(|(name, value)| (name, memo_field(&value))),
        Ok(_) => return report_no_object(&runtime, "it is no object"),
        Err(error) => return report_no_object(&runtime, &error.to_string()),
    };
    let changes: Vec<_> = changes.collect();
    runtime.call_site_of_caller();
    runtime.host().set_memo(&changes);
    runtime.upserted(|upserted| upserted.memo.extend(changes));
}

fn memo_field(value: &Value) -> Option<Payload> {
    (!value.is_null()).then(|| Payload::from_json_text(value.to_string()))
}

fn report_no_object(runtime: &Runtime, why: &str) {
    let message = format!("the fields of a memo are a JSON object: {why}");
    runtime.report_bug(Failure::application(BAD_ARGUMENTS, message));
}

/// A text for people on the state of the run, shown where it is described. No part of the history.
///
/// ```
/// fn shipped(done: usize, of: usize) {
///     dalsegno_sdk::set_details(&format!("{done} of {of} lines shipped"));
/// }
/// ```
#[track_caller]
pub fn set_details(details: &str) {
    runtime::current().host().set_details(details);
}

/// What this run has changed of what it was started with.
#[derive(Debug, Default)]
pub(crate) struct Upserted {
    pub(crate) memo: BTreeMap<String, Option<Payload>>,
    pub(crate) search_attributes: BTreeMap<String, Option<Payload>>,
}

/// Applies changes to what was there before.
pub(crate) fn changed(
    before: Vec<(String, Payload)>,
    changes: &BTreeMap<String, Option<Payload>>,
) -> BTreeMap<String, Payload> {
    let mut after: BTreeMap<_, _> = before.into_iter().collect();
    for (name, value) in changes {
        match value {
            Some(value) => drop(after.insert(name.clone(), value.clone())),
            None => drop(after.remove(name)),
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_survives_the_way_there_and_back() {
        for (attribute, name, json) in [
            (SearchAttribute::from(true), "bool", "true"),
            (SystemTime::UNIX_EPOCH.into(), "datetime", "\"1970-01-01T00:00:00Z\""),
            (2.5.into(), "double", "2.5"),
            ((-3).into(), "int", "-3"),
            (SearchAttribute::keyword("k"), "keyword", "\"k\""),
            (SearchAttribute::keywords(["a", "b"]), "keyword-list", "[\"a\",\"b\"]"),
            (SearchAttribute::text("t u"), "text", "\"t u\""),
        ] {
            let payload = attribute.clone().into_payload();
            assert_eq!(String::from_utf8_lossy(&payload.data), json);
            assert_eq!(payload.encoding(), "json/plain");
            assert!(payload.metadata.contains(&(TYPE.to_owned(), name.as_bytes().to_vec())));
            assert_eq!(SearchAttribute::from_payload(&payload), Some(attribute));
        }
    }

    #[test]
    fn an_unknown_type_is_left_out() {
        let mut payload = SearchAttribute::from(true).into_payload();
        payload.metadata[1].1 = b"colour".to_vec();
        assert_eq!(SearchAttribute::from_payload(&payload), None);
    }
}
