"""JSON texts, byte for byte as other languages' SDKs write them: compact, non-ASCII as it is."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import re
import uuid
from typing import Any

_EXPONENT = re.compile(r'"(?:[^"\\]|\\.)*"|(-?)(\d)(?:\.(\d+))?e-0(\d)')


def encode(value: Any) -> bytes:
    """A value as JSON.

    Raises `TypeError` or `ValueError` if it has no JSON form, and says where in it.
    """
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError) as error:
        place, why = _culprit(value, "", error, [])
        kind = TypeError if isinstance(why, TypeError) else ValueError
        raise kind(f"at {place}: {why}" if place else str(why)) from None
    if "e-0" in text:
        text = _EXPONENT.sub(_shorten, text)
    return text.encode("utf-8")


def parse(data: bytes) -> Any:
    """What a JSON text holds."""
    return _DECODER.decode(str(data, "utf-8"))


def _shorten(match: re.Match[str]) -> str:
    """Python writes `1e-05` and `1e-06` where others write `0.00001` and `1e-6`."""
    sign, whole, fraction, exponent = match.groups()
    if whole is None:
        return match.group()
    if exponent == "5":
        return f"{sign}0.0000{whole}{fraction or ''}"
    fraction = f".{fraction}" if fraction else ""
    return f"{sign}{whole}{fraction}e-{exponent}"


def _culprit(value: Any, place: str, error: Exception, outer: list[int]) -> tuple[str, Exception]:
    """The innermost part of a value that has no JSON form: its place, and why.

    `error` says why the whole has none; `outer` holds the ids of what contains it.
    """
    try:
        whole = value if isinstance(value, (dict, list, tuple)) else _convert(value)
    except (TypeError, ValueError):
        return place, error
    named = isinstance(whole, dict)
    for key, part in whole.items() if named else enumerate(whole):
        if id(part) in outer:
            continue
        try:
            _ENCODER.encode(part)
        except (TypeError, ValueError) as inner:
            inner_place = f"{place}.{key}" if named else f"{place}[{key}]"
            return _culprit(part, inner_place, inner, [*outer, id(value)])
    return place, error


def _convert(value: Any) -> Any:
    """One step towards what JSON has."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime.datetime):
        text = value.isoformat()
        return text[:-6] + "Z" if text.endswith("+00:00") else text
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, (uuid.UUID, decimal.Decimal, pathlib.PurePath)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return _in_order(value)
    if isinstance(value, (bytes, bytearray)):
        raise TypeError(
            "bytes have a place only as a whole argument or result; inside of others, encode them as a text"
        )
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return {key: value[key] for key in value.keys()}
    if hasattr(value, "__iter__") and hasattr(value, "__len__"):
        return list(value)
    raise TypeError(f"a value of the type `{type(value).__name__}` has no JSON form")


def _in_order(values: Any) -> list[Any]:
    """The order of a set may differ from one build to the next."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=lambda value: json.dumps(value, default=_convert))


_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_convert)
