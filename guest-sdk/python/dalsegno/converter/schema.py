"""JSON Schemas of types: by them the host refuses what does not fit before the workflow has it."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import types
import typing
import uuid
from typing import Any

from ..common import RawValue

# Anything fits, also what is not known to be otherwise.
ANYTHING: Any = True
# The host refuses longer ones.
BYTES_MAX = 60_000

_PLAIN: dict[Any, Any] = {
    None: {"type": "null"},
    type(None): {"type": "null"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    datetime.timedelta: {"type": "number"},
    decimal.Decimal: {"type": ["string", "number"]},
}
_TEXTS = (datetime.date, datetime.time, uuid.UUID, pathlib.PurePath)


def text(hint: Any, has_default: bool) -> str:
    """The schema of an argument."""
    schema = of(hint, ())
    if has_default:
        schema = {"default": None} if schema is ANYTHING else {**schema, "default": None}
    written = json.dumps(schema)
    return written if len(written) <= BYTES_MAX else "true"


def of(hint: Any, outer: tuple[type, ...]) -> Any:
    """The schema of a type, within the types that contain it."""
    if isinstance(hint, collections.abc.Hashable) and hint in _PLAIN:
        return _PLAIN[hint]
    origin = typing.get_origin(hint) or hint
    arguments = typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _any_of([of(argument, outer) for argument in arguments])
    if origin is typing.Annotated or hasattr(hint, "__supertype__"):
        return of(arguments[0] if arguments else hint.__supertype__, outer)
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    # A type within itself would need references.
    if not isinstance(origin, type) or origin in (*outer, RawValue) or hasattr(origin, "model_validate"):
        return ANYTHING
    if issubclass(origin, _TEXTS):
        return {"type": "string"}
    if issubclass(origin, enum.Enum):
        return _enum(origin)
    inner = (*outer, origin)
    if dataclasses.is_dataclass(origin) or typing.is_typeddict(origin):
        return _object(origin, inner)
    if issubclass(origin, tuple):
        return _tuple(origin, arguments, inner)
    if issubclass(origin, collections.abc.Mapping):
        items = of(arguments[1], outer) if len(arguments) == 2 else ANYTHING
        return {"type": "object", "additionalProperties": items}
    if issubclass(origin, collections.abc.Iterable) and not issubclass(origin, (str, bytes, bytearray)):
        return {"type": "array", "items": of(arguments[0], outer) if arguments else ANYTHING}
    return ANYTHING


def _any_of(schemas: list[Any]) -> Any:
    return ANYTHING if ANYTHING in schemas else {"anyOf": schemas}


def _enum(cls: type[enum.Enum]) -> Any:
    values = [member.value for member in cls]
    known = all(isinstance(value, (str, int, float, bool, type(None))) for value in values)
    open_ended = issubclass(cls, enum.Flag) or "_missing_" in vars(cls)
    return {"enum": values} if known and not open_ended else ANYTHING


def _object(cls: Any, outer: tuple[type, ...]) -> Any:
    hints = typing.get_type_hints(cls)
    if typing.is_typeddict(cls):
        needed = {name: name in cls.__required_keys__ for name in hints}
    else:
        missing = dataclasses.MISSING
        needed = {
            field.name: field.default is missing and field.default_factory is missing
            for field in dataclasses.fields(cls)
            if field.init
        }
    properties = {name: of(hints[name], outer) for name in needed}
    required = [name for name, is_needed in needed.items() if is_needed and not _takes_null(hints[name])]
    return {"type": "object", "properties": properties, "required": required}


def _takes_null(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def _tuple(cls: Any, arguments: tuple[Any, ...], outer: tuple[type, ...]) -> Any:
    if hasattr(cls, "_fields"):
        hints = typing.get_type_hints(cls)
        arguments = tuple(hints.get(name, Any) for name in cls._fields)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": of(arguments[0], outer)}
    if not arguments:
        return {"type": "array"}
    items = [of(argument, outer) for argument in arguments]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
