//! Payloads, headers and requests.

use std::collections::BTreeMap;

use dalsegno_engine::{Headers, Payload, guest::Request};

use crate::bindings::types;

pub(crate) fn to_guest(payload: &Payload) -> types::Payload {
    let metadata = payload.metadata.iter().map(|(key, value)| (key.clone(), value.to_vec()));
    types::Payload { metadata: metadata.collect(), data: payload.data.to_vec() }
}

pub(crate) fn from_guest(payload: types::Payload) -> Payload {
    let metadata = payload.metadata.into_iter().map(|(key, value)| (key, value.into()));
    Payload { metadata: metadata.collect(), data: payload.data.into() }
}

pub(crate) fn list_to_guest(payloads: &[Payload]) -> Vec<types::Payload> {
    payloads.iter().map(to_guest).collect()
}

pub(crate) fn list_from_guest(payloads: Vec<types::Payload>) -> Vec<Payload> {
    payloads.into_iter().map(from_guest).collect()
}

/// Headers, memo or search attributes: whatever has names.
pub(crate) fn named_to_guest<'a>(
    named: impl IntoIterator<Item = (&'a String, &'a Payload)>,
) -> Vec<(String, types::Payload)> {
    named.into_iter().map(|(name, payload)| (name.clone(), to_guest(payload))).collect()
}

pub(crate) fn headers_to_guest(headers: &Headers) -> types::Headers {
    named_to_guest(headers.iter().map(|(name, payload)| (name, payload)))
}

pub(crate) fn headers_from_guest(headers: types::Headers) -> Headers {
    headers.into_iter().map(|(name, payload)| (name, from_guest(payload))).collect()
}

pub(crate) fn request_to_guest(request: &Request) -> types::Request {
    types::Request {
        id: request.id.clone(),
        name: request.name.clone(),
        input: list_to_guest(&request.input),
        headers: headers_to_guest(&request.headers),
    }
}

pub(crate) fn request_from_guest(request: types::Request) -> Request {
    Request {
        id: request.id,
        name: request.name,
        input: list_from_guest(request.input),
        headers: headers_from_guest(request.headers),
    }
}

/// Memo or search attributes; of two with the same name the last one counts.
pub(crate) fn named_from_guest(named: Vec<(String, types::Payload)>) -> BTreeMap<String, Payload> {
    named.into_iter().map(|(name, payload)| (name, from_guest(payload))).collect()
}

/// Changes of these; what is absent is to be removed.
pub(crate) fn changes_from_guest(
    changes: Vec<(String, Option<types::Payload>)>,
) -> BTreeMap<String, Option<Payload>> {
    changes.into_iter().map(|(name, payload)| (name, payload.map(from_guest))).collect()
}
