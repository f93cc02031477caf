"""Memo and search attributes: what a run was started with, and what it has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .. import converter
from ..common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes
from . import contract

_TYPE = "type"
_HINTS: dict[str, Any] = {
    "bool": bool,
    "datetime": datetime,
    "double": float,
    "int": int,
    "keyword": str,
    "keyword-list": list[str],
    "text": str,
}


class Changed:
    """What this run has changed of what it was started with; `None` is removed."""

    def __init__(self) -> None:
        self.memo: dict[str, Any] = {}
        self.search_attributes: dict[str, Any] = {}


def after(before: list[tuple[str, Any]], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Applies changes to what was there before."""
    merged = {**dict(before), **changes}
    return {name: merged[name] for name in sorted(merged) if merged[name] is not None}


def memo_fields(memo: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """A memo as the contract has it."""
    return [(name, converter.to_contract(value)) for name, value in memo.items()]


def typed(payloads: Mapping[str, Any]) -> TypedSearchAttributes:
    """Search attributes of the contract, without those of types that this SDK does not know."""
    pairs = []
    for name, payload in payloads.items():
        type_name = dict(payload.metadata).get(_TYPE, b"").decode("utf-8", "replace")
        if type_name in _HINTS:
            value = converter.decode(payload, _HINTS[type_name])
            pairs.append(SearchAttributePair(SearchAttributeKey(name, type_name), value))
    return TypedSearchAttributes(pairs)


def pairs(attributes: TypedSearchAttributes | None) -> list[tuple[str, Any]]:
    """Search attributes for another run."""
    return [(pair.key.name, search_attribute(pair.key, pair.value)) for pair in attributes or ()]


def update(change: SearchAttributeUpdate) -> tuple[str, Any]:
    """A change of the contract."""
    value = change.value
    return change.key.name, None if value is None else search_attribute(change.key, value)


def search_attribute(key: SearchAttributeKey[Any], value: Any) -> Any:
    """A search attribute of the contract.

    Raises `TypeError` if the value is of another type.
    """
    name = key.type_name
    if name == "datetime" and isinstance(value, datetime):
        value = _utc(value)
    else:
        try:
            value = converter.fit(
                list(value) if name == "keyword-list" and not isinstance(value, str) else value, _HINTS[name]
            )
        except (converter.Mismatch, TypeError) as error:
            raise TypeError(f"the search attribute `{key.name}` is of the type {name}: {error}") from None
    payload = converter.to_contract(value)
    return contract.types.Payload([*payload.metadata, (_TYPE, name.encode())], payload.data)


def _utc(time: datetime) -> str:
    """RFC 3339 in UTC, with as many digits of the second as are needed."""
    if time.tzinfo is not None:
        time = time.astimezone(timezone.utc).replace(tzinfo=None)
    text = time.isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"
