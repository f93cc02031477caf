"""The arguments of a workflow or a handler, read by the type hints of its function."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from typing import Any

from .. import converter
from ..converter import schema
from .failures import BAD_ARGUMENTS, application

_EMPTY = inspect.Parameter.empty
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class DefinitionError(ValueError):
    """A workflow is not defined as it has to be. Found when its module is loaded."""


class Parameters:
    """What a function takes, `self` left out. An absent argument takes its default, or reads as `null`."""

    def __init__(self, function: Callable[..., Any], *, bound: bool = False) -> None:
        signature = inspect.signature(function)
        try:
            hints = typing.get_type_hints(function, include_extras=False)
        except Exception as error:
            raise DefinitionError(f"the type hints of `{_name(function)}` cannot be read: {error}") from error
        self.result = hints.get("return", Any)
        self._named: list[tuple[str, Any, bool]] = []
        self._rest: Any = None
        parameters = list(signature.parameters.values())
        for parameter in parameters if bound else parameters[1:]:
            hint = hints.get(parameter.name, Any)
            if parameter.kind in _POSITIONAL:
                self._named.append((parameter.name, hint, parameter.default is not _EMPTY))
            elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                self._rest = hint
            elif parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.default is _EMPTY:
                message = (
                    f"`{_name(function)}` needs `{parameter.name}` by keyword, but arguments come by position"
                )
                raise DefinitionError(message)

    def __len__(self) -> int:
        return len(self._named)

    def schemas(self) -> list[str] | None:
        """The JSON Schemas of the arguments; None if any number of them is taken."""
        if self._rest is not None:
            return None
        return [schema.text(hint, has_default) for _, hint, has_default in self._named]

    def read(self, payloads: Sequence[Any]) -> list[Any]:
        """The arguments. Those that nobody takes are ignored, so a caller may be newer than the workflow.

        Raises a failure of the type `BadArguments`.
        """
        values = []
        for index, (name, hint, has_default) in enumerate(self._named):
            if index >= len(payloads) and has_default:
                break
            payload = payloads[index] if index < len(payloads) else None
            values.append(_read(payload, index + 1, name, hint))
        if self._rest is not None:
            for index in range(len(self._named), len(payloads)):
                values.append(_read(payloads[index], index + 1, "args", self._rest))
        return values


def _read(payload: Any, number: int, name: str, hint: Any) -> Any:
    try:
        return converter.decode(payload, hint)
    except converter.Mismatch as mismatch:
        why = "it is missing" if payload is None else str(mismatch)
        message = f"argument {number}, `{name}`: {why}"
    raise application(BAD_ARGUMENTS, message, non_retryable=True)


def raw(payloads: Sequence[Any]) -> list[Any]:
    """Arguments as they came, for a dynamic handler."""
    return [converter.decode(payload, converter.RawValue) for payload in payloads]


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
