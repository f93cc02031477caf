"""The contract's types for tests without a component: read from wit/, as componentize-py would make them."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "wit"

_COMMENT = re.compile(r"//.*")
_INTERFACE = re.compile(r"interface ([\w-]+) \{(.*?)\n\}", re.DOTALL)
_RECORD = re.compile(r"record ([\w-]+) \{(.*?)\}", re.DOTALL)
_CHOICE = re.compile(r"(enum|variant) ([\w-]+) \{(.*?)\}", re.DOTALL)
_FUNCTION = re.compile(r"%?([\w-]+): func\((.*?)\)(?: -> ([^;]+))?;", re.DOTALL)


@dataclasses.dataclass
class Function:
    """An imported function: the names of its arguments, and their types."""

    name: str
    arguments: list[tuple[str, str]]
    result: str | None


def interfaces() -> Iterator[tuple[str, str]]:
    """All interfaces, by name."""
    for path in sorted(FOLDER.glob("*.wit")):
        yield from _INTERFACE.findall(_COMMENT.sub("", path.read_text()))


def types(text: str) -> dict[str, Any]:
    """The types of an interface, by their names in Python. Records know the WIT types of their fields."""
    found: dict[str, Any] = {}
    for name, body in _RECORD.findall(text):
        fields = list(_named(body))
        made = dataclasses.make_dataclass(_camel(name), [_snake(field) for field, _ in fields])
        made.wit_fields = {_snake(field): wit for field, wit in fields}
        found[_camel(name)] = made
    for kind, name, body in _CHOICE.findall(text):
        cases = [case.strip() for case in _split(body)]
        if kind == "enum":
            members = [case.upper().replace("-", "_") for case in cases]
            found[_camel(name)] = enum.Enum(
                _camel(name), {member: index for index, member in enumerate(members)}
            )
        else:
            found.update(_cases(_camel(name), cases))
    return found


def _cases(variant: str, cases: list[str]) -> dict[str, Any]:
    made = {}
    for case in cases:
        name, _, payload = case.partition("(")
        cls = dataclasses.make_dataclass(f"{variant}_{_camel(name)}", ["value"] if payload else [])
        cls.wit_variant = variant
        cls.wit_fields = {"value": payload[:-1]} if payload else {}
        made[cls.__name__] = cls
    return made


def functions(text: str) -> list[Function]:
    """The functions of an interface."""
    return [
        Function(
            _snake(name), [(_snake(argument), wit) for argument, wit in _named(arguments)], result or None
        )
        for name, arguments, result in _FUNCTION.findall(text)
    ]


def check(value: Any, wit: str, place: str) -> None:
    """Fails if the value is not of the type, as the bindings would."""
    assert _fits(value, " ".join(wit.split())), f"{place} is no {wit}: {value!r}"
    for name, field in getattr(type(value), "wit_fields", {}).items():
        check(getattr(value, name), field, f"{place}.{name}")


def _fits(value: Any, wit: str) -> bool:
    if wit.startswith("option<"):
        return value is None or _fits(value, wit[7:-1])
    if wit == "list<u8>":
        return isinstance(value, bytes)
    if wit.startswith("list<"):
        return isinstance(value, list) and all(_checked(item, wit[5:-1]) for item in value)
    if wit.startswith("tuple<"):
        parts = list(_split(wit[6:-1]))
        return isinstance(value, tuple) and len(value) == len(parts) and all(map(_checked, value, parts))
    if wit in _ALIASES:
        return _fits(value, _ALIASES[wit])
    if wit in _PLAIN:
        return _PLAIN[wit](value)
    return _camel(wit) in (type(value).__name__, getattr(type(value), "wit_variant", None))


def _checked(value: Any, wit: str) -> bool:
    check(value, wit.strip(), wit)
    return True


def _whole(bits: int, signed: bool = False) -> Callable[[Any], bool]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    return lambda value: type(value) is int and low <= value < high


_ALIASES = {
    "headers": "list<tuple<string, payload>>",
    "extensions": "list<tuple<string, payload>>",
    "operation": "u64",
}
_PLAIN: dict[str, Callable[[Any], bool]] = {
    "bool": lambda value: type(value) is bool,
    "string": lambda value: isinstance(value, str),
    "f64": lambda value: type(value) is float,
    "u32": _whole(32),
    "s32": _whole(32, signed=True),
    "u64": _whole(64),
}


def _named(body: str) -> Iterator[tuple[str, str]]:
    for part in _split(body):
        name, _, wit = part.partition(":")
        yield name.strip().lstrip("%"), wit.strip()


def _split(body: str) -> Iterator[str]:
    """The parts between commas that stand in no brackets."""
    depth, start = 0, 0
    for at, letter in enumerate(body):
        depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield body[start:at].strip()
            start = at + 1
    if body[start:].strip():
        yield body[start:].strip()


def _snake(name: str) -> str:
    return name.replace("-", "_")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.lstrip("%").split("-"))
