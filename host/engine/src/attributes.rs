//! What a run can be found by, and what is noted of it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use bytes::Bytes;
use serde_json::Value;

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

impl Attributes {
    /// Changes search attributes; absent values are removed.
    ///
    /// # Errors
    /// What cannot be taken, for people; nothing has changed.
    pub fn checked_search_attributes(
        &self,
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
            if let Some(bytes) = payload.as_ref().map(|payload| payload.data.len())
                && bytes > limits::SEARCH_ATTRIBUTE_BYTES_MAX
            {
                let max = limits::SEARCH_ATTRIBUTE_BYTES_MAX;
                return Err(format!("the search attribute `{name}` has {bytes} bytes, {max} are allowed"));
            }
            normal.insert(name.clone(), payload);
        }
        let mut after = self.search_attributes.clone();
        change(&mut after, &normal);
        let count = after.keys().filter(|name| *name != CHANGE_VERSION).count();
        if count > limits::SEARCH_ATTRIBUTES_MAX {
            let max = limits::SEARCH_ATTRIBUTES_MAX;
            return Err(format!("the run would have {count} search attributes, {max} are allowed"));
        }
        Ok(normal)
    }

    /// Changes notes; absent values, and JSON's `null`, are removed.
    ///
    /// # Errors
    /// What cannot be taken, for people; nothing has changed.
    pub fn checked_memo(
        &self,
        changed: BTreeMap<String, Option<Payload>>,
    ) -> Result<BTreeMap<String, Option<Payload>>, String> {
        let is_value = |payload: &Payload| payload.as_json() != Some("null");
        let normal: BTreeMap<String, Option<Payload>> =
            changed.into_iter().map(|(name, value)| (name, value.filter(is_value))).collect();
        let mut after = self.memo.clone();
        change(&mut after, &normal);
        let bytes: usize = after.iter().map(|(name, payload)| name.len() + payload.size_bytes()).sum();
        if bytes > limits::MEMO_BYTES_MAX {
            let max = limits::MEMO_BYTES_MAX;
            return Err(format!("the memo would have {bytes} bytes, {max} are allowed"));
        }
        Ok(normal)
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
