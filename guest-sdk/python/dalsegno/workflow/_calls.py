"""What calls of activities, children and other runs have in common."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import converter
from .._internal import contract
from .._internal.definition import DEFINITION, MARK, Definition
from .._internal.durations import optional_milliseconds
from ..common import RetryPolicy

NONE_GIVEN: Any = object()


def inputs(argument: Any, arguments: Sequence[Any] | None) -> list[Any]:
    """The arguments of a call: one by position, or several as `args`."""
    if arguments is None:
        given = [] if argument is NONE_GIVEN else [argument]
    elif argument is not NONE_GIVEN:
        raise TypeError("give one argument by position, or all of them as `args`")
    else:
        given = list(arguments)
    return [converter.to_contract(value) for value in given]


def headers(values: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Values that travel with a call beside its arguments."""
    return [(name, converter.to_contract(value)) for name, value in (values or {}).items()]


def retry_policy(policy: RetryPolicy | None) -> Any:
    """As the contract has it."""
    if policy is None:
        return None
    return contract.types.RetryPolicy(
        optional_milliseconds(policy.initial_interval),
        None if policy.backoff_coefficient is None else float(policy.backoff_coefficient),
        optional_milliseconds(policy.maximum_interval),
        policy.maximum_attempts,
        list(policy.non_retryable_error_types or ()),
    )


def activity(named: Any, result_type: Any) -> tuple[str, Any]:
    """The name of an activity, and the type of its result."""
    if isinstance(named, str):
        return named, Any if result_type is None else result_type
    if not callable(named):
        raise TypeError(f"an activity is named by a text or a function, not by {named!r}")
    name = _name_of_temporal(named) or named.__name__
    return name, _hint_of_result(named) if result_type is None else result_type


def _name_of_temporal(function: Any) -> str | None:
    """Activities may be shared with workers of Temporal, where a decorator names them."""
    definition = getattr(function, "__temporal_activity_definition", None)
    return getattr(definition, "name", None)


def workflow(named: Any, result_type: Any) -> tuple[str, Any]:
    """The name of a workflow type, and the type of its result."""
    if isinstance(named, str):
        return named, Any if result_type is None else result_type
    definition = _definition(named)
    if definition is None:
        raise TypeError(f"a workflow is named by a text, its class or its run method, not by {named!r}")
    return definition.name, definition.parameters.result if result_type is None else result_type


def _definition(named: Any) -> Definition | None:
    mark = getattr(named, MARK, None)
    cls = mark.workflow if mark is not None else named
    return getattr(cls, DEFINITION, None)


def handler(named: Any) -> str:
    """The name of a signal."""
    if isinstance(named, str):
        return named
    mark = getattr(named, MARK, None)
    if mark is None or mark.name is None:
        raise TypeError(f"a signal is named by a text or its handler, not by {named!r}")
    return mark.name


def _hint_of_result(function: Callable[..., Any]) -> Any:
    try:
        return typing.get_type_hints(function).get("return", Any)
    except Exception:
        return Any
