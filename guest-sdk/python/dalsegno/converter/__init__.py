"""Values to payloads and back: JSON by type hints, bytes as they are."""

from __future__ import annotations

import typing
from typing import Any

from .._internal import contract
from ..common import Payload, RawValue
from .json_text import encode, parse
from .typed import Mismatch, fit

__all__ = ["Mismatch", "PayloadConverter", "decode", "fit", "to_contract"]

_JSON = b"json/plain"
_BINARY = b"binary/plain"
_NULL = b"binary/null"
_JSON_METADATA = [("encoding", _JSON)]


def to_contract(value: Any):
    """A value as a payload of the contract.

    Raises `ValueError` or `TypeError` if the value has no JSON form.
    """
    if isinstance(value, RawValue):
        return contract.types.Payload(list(value.payload.metadata.items()), value.payload.data)
    if isinstance(value, (bytes, bytearray)):
        return contract.types.Payload([("encoding", _BINARY)], bytes(value))
    return contract.types.Payload(_JSON_METADATA, encode(value))


def decode(payload: Any, hint: Any = Any) -> Any:
    """Reads a payload of the contract; `None` reads as `null`.

    Raises `Mismatch` if it does not fit the type.
    """
    if hint is RawValue:
        raw = Payload(b"null") if payload is None else Payload(payload.data, dict(payload.metadata))
        return RawValue(raw)
    if payload is None:
        return fit(None, hint)
    encoding = _encoding(payload)
    if encoding == _JSON:
        try:
            value = parse(payload.data)
        except ValueError as error:
            raise Mismatch(f"it is no JSON: {error}") from None
        return fit(value, hint)
    if encoding == _NULL:
        return fit(None, hint)
    if encoding == _BINARY:
        if hint in (bytes, Any) or bytes in typing.get_args(hint):
            return bytes(payload.data)
        if hint is bytearray:
            return bytearray(payload.data)
        raise Mismatch("it is bytes: take it with the type hint `bytes`")
    if hint is Any:
        return RawValue(Payload(payload.data, dict(payload.metadata)))
    name = encoding.decode("utf-8", "replace")
    raise Mismatch(
        f"a payload with the encoding `{name}` is not read as JSON: take it with the type hint `RawValue`"
    )


def _encoding(payload: Any) -> bytes:
    for key, value in payload.metadata:
        if key == "encoding":
            return bytes(value)
    return _JSON


class PayloadConverter:
    """Reads and makes payloads, for code that takes `RawValue`."""

    def to_payload(self, value: Any) -> Payload:
        """A value as a payload."""
        payload = to_contract(value)
        return Payload(payload.data, dict(payload.metadata))

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """A payload as a value: what JSON has, or of a type.

        Raises `ValueError` if it does not fit the type.
        """
        inner = contract.types.Payload(list(payload.metadata.items()), payload.data)
        return decode(inner, Any if type_hint is None else type_hint)
