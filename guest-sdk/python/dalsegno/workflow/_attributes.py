"""What people find a run by: search attributes, memo, details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import converter
from .._internal import attributes, contract
from .._internal.runtime import current
from ..common import SearchAttributeUpdate

_MISSING: Any = object()


def upsert_search_attributes(updates: Sequence[SearchAttributeUpdate]) -> None:
    """Changes search attributes; others stay as they are. All of one call are one event of the history."""
    runtime = current()
    changes = [attributes.update(change) for change in updates]
    runtime.change("change search attributes")
    contract.run.upsert_search_attributes(changes)
    runtime.changed.search_attributes.update(changes)


def upsert_memo(updates: Mapping[str, Any]) -> None:
    """Sets fields of the memo; those that are `None` are removed, others stay as they are."""
    runtime = current()
    changes = [
        (name, None if value is None else converter.to_contract(value)) for name, value in updates.items()
    ]
    runtime.change("change the memo")
    contract.run.set_memo(changes)
    runtime.changed.memo.update(changes)


def memo() -> dict[str, Any]:
    """Notes for people, set at the start or by `upsert_memo`."""
    return {name: converter.decode(payload) for name, payload in _memo().items()}


def memo_value(key: str, default: Any = _MISSING, *, type_hint: Any = Any) -> Any:
    """One of them, read as a type. Raises `KeyError` if it is absent and no default is given."""
    payloads = _memo()
    if key in payloads:
        return converter.decode(payloads[key], type_hint)
    if default is _MISSING:
        raise KeyError(f"the memo has no field `{key}`")
    return default


def _memo() -> dict[str, Any]:
    runtime = current()
    return attributes.after(runtime.info.memo, runtime.changed.memo)


def set_current_details(details: str) -> None:
    """A text for people on the state of the run, shown where it is described. No part of the history."""
    contract.run.set_details(details)
