//! What runs say of themselves, as columns: a memo as bytes, search attributes as JSON that a database can look into.
//!
//! A search attribute is `{"type": …, "value": …}` under its name. Nothing to say is null.

use std::collections::BTreeMap;

use bytes::Bytes;
use dalsegno_engine::{
    Payload,
    payload::{ENCODING, JSON_PLAIN},
};
use serde_json::{Map, Value, json};

use crate::{Attributes, StoreError, limits::PART_BYTES_MAX};

/// The form of stored memos; a byte before each.
const MEMO_FORMAT: u8 = 1;
/// The metadata key that names the type of a search attribute.
const TYPE: &str = "type";

/// Attributes as stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns {
    pub(crate) memo: Option<Vec<u8>>,
    pub(crate) search_attributes: Option<String>,
}

impl Columns {
    /// # Errors
    /// What is wrong with a search attribute, or that the memo is too large.
    pub(crate) fn of(attributes: &Attributes) -> Result<Self, String> {
        let Attributes { memo, search_attributes } = attributes;
        Ok(Self {
            memo: (!memo.is_empty()).then(|| encode_memo(memo)).transpose()?,
            search_attributes: (!search_attributes.is_empty())
                .then(|| encode_search_attributes(search_attributes))
                .transpose()?,
        })
    }

    /// # Errors
    /// [`StoreError::Damaged`]: no host wrote this.
    pub(crate) fn read(&self) -> Result<Attributes, StoreError> {
        let memo = self.memo.as_deref().map(decode_memo).transpose()?;
        let search_attributes =
            self.search_attributes.as_deref().map(decode_search_attributes).transpose()?;
        Ok(Attributes {
            memo: memo.unwrap_or_default(),
            search_attributes: search_attributes.unwrap_or_default(),
        })
    }
}

fn encode_memo(memo: &BTreeMap<String, Payload>) -> Result<Vec<u8>, String> {
    let mut bytes = vec![MEMO_FORMAT];
    rmp_serde::encode::write(&mut bytes, memo).map_err(|error| error.to_string())?;
    if bytes.len() > PART_BYTES_MAX {
        return Err(format!("its memo has {} bytes", bytes.len()));
    }
    Ok(bytes)
}

fn decode_memo(bytes: &[u8]) -> Result<BTreeMap<String, Payload>, StoreError> {
    match bytes.split_first() {
        Some((&MEMO_FORMAT, rest)) => rmp_serde::from_slice(rest)
            .map_err(|error| StoreError::Damaged(format!("a stored memo cannot be read: {error}"))),
        _ => Err(StoreError::Damaged("a stored memo has a form of another version".to_owned())),
    }
}

fn encode_search_attributes(attributes: &BTreeMap<String, Payload>) -> Result<String, String> {
    let mut all = Map::new();
    for (name, payload) in attributes {
        let value = typed(payload).map_err(|problem| format!("the search attribute {name:?} {problem}"))?;
        all.insert(name.clone(), value);
    }
    let all = Value::Object(all);
    if holds_zero_byte(&all) {
        return Err("its search attributes hold a zero byte".to_owned());
    }
    Ok(all.to_string())
}

/// A payload as it can be looked for, if it can be made of that again.
fn typed(payload: &Payload) -> Result<Value, &'static str> {
    let Payload { metadata, data } = payload;
    let named = metadata.get(TYPE).ok_or("has no type")?;
    let named = std::str::from_utf8(named).map_err(|_| "has a type that is no text")?;
    if payload.encoding() != Some(JSON_PLAIN) || metadata.len() != 2 {
        return Err("is something else than JSON with a type");
    }
    let value: Value = serde_json::from_slice(data).map_err(|_| "is no JSON")?;
    Ok(json!({ "type": named, "value": value }))
}

/// Postgres stores no text with one.
fn holds_zero_byte(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_zero_byte),
        Value::Object(values) => {
            values.iter().any(|(name, value)| name.contains('\0') || holds_zero_byte(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn decode_search_attributes(text: &str) -> Result<BTreeMap<String, Payload>, StoreError> {
    let damaged = || StoreError::Damaged("stored search attributes cannot be read".to_owned());
    let all: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|_| damaged())?;
    let read = |(name, attribute): (String, Value)| {
        let named = attribute.get("type").and_then(Value::as_str).ok_or_else(damaged)?;
        let value = attribute.get("value").ok_or_else(damaged)?;
        let metadata = [(ENCODING, JSON_PLAIN), (TYPE, named)];
        let metadata =
            metadata.map(|(key, value)| (key.to_owned(), Bytes::copy_from_slice(value.as_bytes())));
        Ok((name, Payload { metadata: BTreeMap::from(metadata), data: value.to_string().into() }))
    };
    all.into_iter().map(read).collect()
}
