"""JSON values as the types that hints name."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import pathlib
import types
import typing
import uuid
from functools import cache
from typing import Any


class Mismatch(ValueError):
    """A value does not fit a type."""


def fit(value: Any, hint: Any) -> Any:
    """The value as the type.

    Raises `Mismatch`.
    """
    if hint is Any or hint is object or isinstance(hint, typing.TypeVar):
        return value
    if hint is None or hint is type(None):
        return _expect(value is None, value, None, "null")
    if hint is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return _expect(number, value, float(value) if number else None, "a number")
    if hint is int:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return _expect(isinstance(value, int) and not isinstance(value, bool), value, value, "a whole number")
    if hint in _PLAIN:
        return _expect(isinstance(value, hint), value, value, _PLAIN[hint])
    read = _TEXTS.get(hint) if isinstance(hint, type) else None
    if read is not None:
        return _read_text(value, hint, read)
    if hint is datetime.timedelta:
        return datetime.timedelta(seconds=fit(value, float))
    return _fit_composite(value, hint)


_PLAIN = {str: "a text", bool: "true or false"}


def _date_time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


_TEXTS = {
    datetime.datetime: _date_time,
    datetime.date: datetime.date.fromisoformat,
    datetime.time: datetime.time.fromisoformat,
    uuid.UUID: uuid.UUID,
    decimal.Decimal: decimal.Decimal,
    pathlib.Path: pathlib.Path,
    pathlib.PurePath: pathlib.PurePath,
    pathlib.PurePosixPath: pathlib.PurePosixPath,
}


def _read_text(value: Any, hint: type, read: Any) -> Any:
    if hint is decimal.Decimal and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    _expect(isinstance(value, str), value, None, f"a text for `{hint.__name__}`")
    try:
        return read(value)
    except (ValueError, ArithmeticError):
        raise Mismatch(f"expected a text for `{hint.__name__}`, got {_told(value)}") from None


def _fit_composite(value: Any, hint: Any) -> Any:
    origin = typing.get_origin(hint) or hint
    arguments = typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _fit_union(value, arguments)
    if origin is typing.Annotated or hasattr(hint, "__supertype__"):
        return fit(value, arguments[0] if arguments else hint.__supertype__)
    if origin is typing.Literal:
        return _expect(value in arguments, value, value, f"one of {', '.join(map(_told, arguments))}")
    if hasattr(hint, "__value__"):
        return fit(value, hint.__value__)
    if not isinstance(origin, type):
        raise Mismatch(f"the type hint `{hint}` is not supported")
    if hasattr(origin, "model_validate"):
        return _fit_model(value, origin)
    if dataclasses.is_dataclass(origin):
        return _fit_dataclass(value, origin)
    if issubclass(origin, enum.Enum):
        return _fit_enum(value, origin)
    if issubclass(origin, tuple):
        return _fit_tuple(value, origin, arguments)
    if typing.is_typeddict(origin):
        return _fit_typed_dict(value, origin)
    if issubclass(origin, collections.abc.Mapping):
        return _fit_mapping(value, origin, arguments)
    if issubclass(origin, collections.abc.Iterable) and not issubclass(origin, (str, bytes)):
        return _fit_iterable(value, origin, arguments)
    return _expect(isinstance(value, origin), value, value, f"a value of `{origin.__name__}`")


def _fit_union(value: Any, arguments: tuple[Any, ...]) -> Any:
    if value is None and type(None) in arguments:
        return None
    # A type that the value has already comes before those it can be made into.
    exact = [argument for argument in arguments if argument is type(value)]
    reasons = []
    for argument in exact + [argument for argument in arguments if argument not in exact]:
        try:
            return fit(value, argument)
        except Mismatch as mismatch:
            if argument is not type(None):
                reasons.append(str(mismatch))
    raise Mismatch("; or ".join(reasons))


def _fit_model(value: Any, model: Any) -> Any:
    try:
        return model.model_validate(value)
    except ValueError as error:
        raise Mismatch(str(error)) from None


@cache
def _fields(cls: type) -> dict[str, tuple[Any, bool]]:
    """The fields of a dataclass that its constructor takes: their types, and whether they are needed."""
    hints = typing.get_type_hints(cls)
    missing = dataclasses.MISSING
    return {
        field.name: (hints[field.name], field.default is missing and field.default_factory is missing)
        for field in dataclasses.fields(cls)
        if field.init
    }


def _fit_dataclass(value: Any, cls: type) -> Any:
    _expect(isinstance(value, dict), value, None, f"an object for `{cls.__name__}`")
    return cls(**_fit_fields(value, cls, _fields(cls)))


def _fit_typed_dict(value: Any, cls: Any) -> Any:
    _expect(isinstance(value, dict), value, None, f"an object for `{cls.__name__}`")
    required = cls.__required_keys__
    hints = typing.get_type_hints(cls)
    fields = {name: (hint, name in required) for name, hint in hints.items()}
    return {**value, **_fit_fields(value, cls, fields)}


def _fit_fields(value: dict[str, Any], cls: type, fields: dict[str, tuple[Any, bool]]) -> dict[str, Any]:
    """Fields that the type does not know are left out: whoever sent them may be newer."""
    fitted = {}
    for name, (hint, needed) in fields.items():
        if name in value:
            fitted[name] = _within(f".{name}", value[name], hint)
        elif needed and _takes_none(hint):
            fitted[name] = None
        elif needed:
            raise Mismatch(f"`{cls.__name__}` needs the field `{name}`")
    return fitted


def _takes_none(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType) and type(None) in typing.get_args(hint)


def _fit_enum(value: Any, cls: type[enum.Enum]) -> Any:
    try:
        return cls(value)
    except ValueError:
        members = ", ".join(_told(member.value) for member in cls)
        raise Mismatch(f"expected one of `{cls.__name__}` ({members}), got {_told(value)}") from None


def _fit_tuple(value: Any, cls: type, arguments: tuple[Any, ...]) -> Any:
    _expect(isinstance(value, list), value, None, "an array")
    if hasattr(cls, "_fields"):
        hints = typing.get_type_hints(cls)
        arguments = tuple(hints.get(name, Any) for name in cls._fields)  # type: ignore[attr-defined]
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if not arguments:
        return cls(value)
    if len(arguments) != len(value):
        raise Mismatch(f"expected an array of {len(arguments)}, got one of {len(value)}")
    items = (_within(f"[{index}]", *pair) for index, pair in enumerate(zip(value, arguments, strict=True)))
    return cls(*items) if hasattr(cls, "_fields") else tuple(items)


def _fit_mapping(value: Any, cls: type, arguments: tuple[Any, ...]) -> Any:
    _expect(isinstance(value, dict), value, None, "an object")
    key_hint, item_hint = arguments or (Any, Any)
    fitted = {_fit_key(key, key_hint): _within(f".{key}", item, item_hint) for key, item in value.items()}
    return fitted if cls.__module__ in ("collections.abc", "typing") or cls is dict else cls(fitted)


def _fit_key(key: str, hint: Any) -> Any:
    """The keys of JSON are texts, also those of numbers."""
    if hint in (int, float):
        try:
            return hint(key)
        except ValueError:
            raise Mismatch(f"expected numbers as keys, got {_told(key)}") from None
    return fit(key, hint)


def _fit_iterable(value: Any, cls: type, arguments: tuple[Any, ...]) -> Any:
    _expect(isinstance(value, list), value, None, "an array")
    hint = arguments[0] if arguments else Any
    items = [_within(f"[{index}]", item, hint) for index, item in enumerate(value)]
    if cls in (set, frozenset, collections.deque):
        return cls(items)
    if issubclass(cls, collections.abc.Set):
        return set(items)
    return items


def _within(place: str, value: Any, hint: Any) -> Any:
    try:
        return fit(value, hint)
    except Mismatch as mismatch:
        text = str(mismatch)
        separator = "" if text.startswith(("at .", "at [")) else ": "
        raise Mismatch(f"at {place}{separator}{text[3:] if not separator else text}") from None


def _expect(fits: bool, value: Any, fitted: Any, wanted: str) -> Any:
    if not fits:
        raise Mismatch(f"expected {wanted}, got {_told(value)}")
    return fitted


def _told(value: Any) -> str:
    """A value in a message, in JSON's words."""
    kinds = {type(None): "null", bool: str(value).lower(), dict: "an object", list: "an array"}
    if type(value) in kinds:
        return kinds[type(value)]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
