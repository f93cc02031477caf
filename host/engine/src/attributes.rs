//! What a run can be found by, and what is noted of it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    Payload,
    ids::check_id,
    limits,
    payload::{ENCODING, JSON_PLAIN},
    time::Timestamp,
};

/// The metadata key that names the type of a search attribute. Source: Temporal, `MetadataType`.
pub const TYPE: &str = "type";
/// The search attribute that tells which patches a run has. Source: Temporal, `TemporalChangeVersion`.
pub const CHANGE_VERSION: &str = "ChangeVersion";

/// What a run can be found by, and what is noted of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attributes {
    /// The user's notes.
    pub memo: BTreeMap<String, Payload>,
    /// What it can be found by: each of one [`SearchAttributeType`].
    pub search_attributes: BTreeMap<String, Payload>,
}

/// The types of search attributes. Source: Temporal, `IndexedValueType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchAttributeType {
    /// True or false.
    Bool,
    /// A time, RFC 3339.
    Datetime,
    /// A number.
    Double,
    /// A whole number of 64 bits.
    Int,
    /// A text that is compared as a whole.
    Keyword,
    /// Several of these.
    KeywordList,
    /// A text that is searched by words.
    Text,
}

impl SearchAttributeType {
    /// Every type.
    pub const ALL: [Self; 7] =
        [Self::Bool, Self::Datetime, Self::Double, Self::Int, Self::Keyword, Self::KeywordList, Self::Text];

    /// Its name, everywhere outside.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Datetime => "datetime",
            Self::Double => "double",
            Self::Int => "int",
            Self::Keyword => "keyword",
            Self::KeywordList => "keyword-list",
            Self::Text => "text",
        }
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r#type| r#type.as_str() == name)
    }

    /// The type of a value of which nobody says it.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(_) => Some(Self::Bool),
            Value::Number(number) if number.is_i64() => Some(Self::Int),
            Value::Number(_) => Some(Self::Double),
            Value::String(_) => Some(Self::Keyword),
            Value::Array(_) => Some(Self::KeywordList),
            Value::Null | Value::Object(_) => None,
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Bool => value.is_boolean(),
            Self::Datetime => value.as_str().is_some_and(|text| Timestamp::from_str(text).is_ok()),
            Self::Double => value.is_number(),
            Self::Int => value.is_i64(),
            Self::Keyword | Self::Text => value.is_string(),
            Self::KeywordList => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        }
    }
}

impl fmt::Display for SearchAttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A search attribute of this type.
///
/// # Errors
/// What is wrong with the value, for people.
pub fn search_attribute(r#type: SearchAttributeType, value: &Value) -> Result<Payload, String> {
    if !r#type.fits(value) {
        return Err(format!("the value {value} is no {type}"));
    }
    let metadata = BTreeMap::from([
        (ENCODING.to_owned(), Bytes::from_static(JSON_PLAIN.as_bytes())),
        (TYPE.to_owned(), Bytes::from_static(r#type.as_str().as_bytes())),
    ]);
    Ok(Payload { metadata, data: value.to_string().into() })
}

/// The type and the value of a search attribute.
///
/// # Errors
/// What is wrong with it, for people.
pub fn read_search_attribute(payload: &Payload) -> Result<(SearchAttributeType, Value), String> {
    if payload.encoding() != Some(JSON_PLAIN) {
        return Err(format!("a search attribute has the encoding {JSON_PLAIN}"));
    }
    let value: Value =
        serde_json::from_slice(&payload.data).map_err(|error| format!("its value is no JSON: {error}"))?;
    let r#type = match payload.metadata.get(TYPE) {
        Some(name) => {
            std::str::from_utf8(name).ok().and_then(SearchAttributeType::from_name).ok_or_else(|| {
                let known = SearchAttributeType::ALL.map(SearchAttributeType::as_str).join(", ");
                format!("its type is none of {known}")
            })?
        }
        None => SearchAttributeType::of(&value).ok_or("its value is of no type that can be searched")?,
    };
    if r#type.fits(&value) { Ok((r#type, value)) } else { Err(format!("the value {value} is no {type}")) }
}

/// A search attribute as people read it: its value if that tells the type, else an object of `type` and `value`.
#[must_use]
pub fn shown_search_attribute(payload: &Payload) -> Payload {
    match read_search_attribute(payload) {
        Ok((r#type, value)) if SearchAttributeType::of(&value) == Some(r#type) => {
            Payload::json(value.to_string())
        }
        Ok((r#type, value)) => Payload::json(json!({ "type": r#type.as_str(), "value": value }).to_string()),
        Err(_) => payload.clone(),
    }
}

/// The counterpart of [`shown_search_attribute`]; what it did not write stays as it is.
#[must_use]
pub fn unshown_search_attribute(payload: &Payload) -> Payload {
    let Some(value) = payload.as_json().and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return payload.clone();
    };
    let (r#type, value) = match &value {
        Value::Object(fields) => (
            fields.get("type").and_then(Value::as_str).and_then(SearchAttributeType::from_name),
            fields.get("value").unwrap_or(&Value::Null),
        ),
        plain => (SearchAttributeType::of(plain), plain),
    };
    let typed = r#type.and_then(|r#type| search_attribute(r#type, value).ok());
    typed.unwrap_or_else(|| payload.clone())
}

/// Changes of search attributes, each with its type; absent values are to be removed, and so is JSON's `null`.
///
/// # Errors
/// What is none, for people.
pub fn normal_search_attributes(
    changed: &BTreeMap<String, Option<Payload>>,
) -> Result<BTreeMap<String, Option<Payload>>, String> {
    let mut normal = BTreeMap::new();
    for (name, payload) in changed {
        check_id(name).map_err(|error| format!("the name of a search attribute {error}"))?;
        let payload = payload.as_ref().filter(|payload| &*payload.data != b"null");
        let typed = |payload: &Payload| {
            let (r#type, value) = read_search_attribute(payload)?;
            search_attribute(r#type, &value)
        };
        let payload = payload.map(typed).transpose();
        let payload = payload.map_err(|problem| format!("the search attribute `{name}`: {problem}"))?;
        normal.insert(name.clone(), payload);
    }
    Ok(normal)
}

/// Changes of notes; absent values are to be removed, and so is JSON's `null`.
#[must_use]
pub fn normal_memo(changed: BTreeMap<String, Option<Payload>>) -> BTreeMap<String, Option<Payload>> {
    let is_value = |payload: &Payload| payload.as_json() != Some("null");
    changed.into_iter().map(|(name, value)| (name, value.filter(is_value))).collect()
}

impl Attributes {
    /// Whether search attributes may be changed so.
    ///
    /// # Errors
    /// What cannot be taken, for people.
    pub fn check_search_attributes(&self, normal: &BTreeMap<String, Option<Payload>>) -> Result<(), String> {
        if normal.contains_key(CHANGE_VERSION) {
            return Err(format!(
                "the search attribute `{CHANGE_VERSION}` is the host's: it tells the patches that the code asked for"
            ));
        }
        for (name, payload) in normal {
            if let Some(bytes) = payload.as_ref().map(|payload| payload.data.len())
                && bytes > limits::SEARCH_ATTRIBUTE_BYTES_MAX
            {
                let max = limits::SEARCH_ATTRIBUTE_BYTES_MAX;
                return Err(format!("the search attribute `{name}` has {bytes} bytes, {max} are allowed"));
            }
        }
        let mut after = self.search_attributes.clone();
        change(&mut after, normal);
        let count = after.keys().filter(|name| *name != CHANGE_VERSION).count();
        if count > limits::SEARCH_ATTRIBUTES_MAX {
            let max = limits::SEARCH_ATTRIBUTES_MAX;
            return Err(format!("the run would have {count} search attributes, {max} are allowed"));
        }
        Ok(())
    }

    /// Whether notes may be changed so.
    ///
    /// # Errors
    /// What cannot be taken, for people.
    pub fn check_memo(&self, normal: &BTreeMap<String, Option<Payload>>) -> Result<(), String> {
        let mut after = self.memo.clone();
        change(&mut after, normal);
        let bytes: usize = after.iter().map(|(name, payload)| name.len() + payload.size_bytes()).sum();
        if bytes > limits::MEMO_BYTES_MAX {
            let max = limits::MEMO_BYTES_MAX;
            return Err(format!("the memo would have {bytes} bytes, {max} are allowed"));
        }
        Ok(())
    }

    /// All notes and search attributes of a new run, each with its type.
    ///
    /// # Errors
    /// What cannot be taken, for people.
    pub fn fresh(self) -> Result<Self, String> {
        let normal = self.normal()?;
        let all = |named: &BTreeMap<String, Payload>| {
            named.iter().map(|(name, payload)| (name.clone(), Some(payload.clone()))).collect()
        };
        Self::default().check_memo(&all(&normal.memo))?;
        Self::default().check_search_attributes(&all(&normal.search_attributes))?;
        Ok(normal)
    }

    /// The same, whatever the limits are.
    pub(crate) fn normal(self) -> Result<Self, String> {
        let given = |named: BTreeMap<String, Payload>| {
            named.into_iter().map(|(name, payload)| (name, Some(payload))).collect()
        };
        let memo = present(normal_memo(given(self.memo)));
        let search_attributes = present(normal_search_attributes(&given(self.search_attributes))?);
        Ok(Self { memo, search_attributes })
    }

    pub(crate) fn change_memo(&mut self, changed: &BTreeMap<String, Option<Payload>>) {
        change(&mut self.memo, changed);
    }

    pub(crate) fn change_search_attributes(&mut self, changed: &BTreeMap<String, Option<Payload>>) {
        change(&mut self.search_attributes, changed);
    }

    /// Adds to what [`CHANGE_VERSION`] lists, as long as that fits a search attribute.
    pub(crate) fn add_change_version(&mut self, version: String) {
        let listed = self.search_attributes.get(CHANGE_VERSION).map(read_search_attribute);
        let mut all = match listed {
            Some(Ok((_, Value::Array(all)))) => all,
            _ => Vec::new(),
        };
        let version = Value::String(version);
        if all.contains(&version) {
            return;
        }
        all.push(version);
        if let Ok(payload) = search_attribute(SearchAttributeType::KeywordList, &Value::Array(all))
            && payload.data.len() <= limits::SEARCH_ATTRIBUTE_BYTES_MAX
        {
            self.search_attributes.insert(CHANGE_VERSION.to_owned(), payload);
        }
    }
}

fn change(all: &mut BTreeMap<String, Payload>, changed: &BTreeMap<String, Option<Payload>>) {
    for (name, value) in changed {
        match value {
            Some(value) => drop(all.insert(name.clone(), value.clone())),
            None => drop(all.remove(name)),
        }
    }
}

/// A value of `null` stands for none.
fn present(named: BTreeMap<String, Option<Payload>>) -> BTreeMap<String, Payload> {
    named.into_iter().filter_map(|(name, payload)| Some((name, payload?))).collect()
}
