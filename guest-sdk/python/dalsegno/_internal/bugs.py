"""What is told of a bug of workflow code: as much as Python's own traceback would show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..exceptions import FailureError
from . import frames
from .failures import to_contract


def failure_of(error: BaseException) -> Any:
    """The failure of an activation. The host shows its first cause, so that tells of those behind it too."""
    error = _advised(error)
    failure = to_contract(error)
    first = failure.causes[0]
    if not isinstance(error, FailureError):
        first.message = said(error)
    first.stack_trace = "\n".join(filter(None, _trace(error, set())))
    return failure


def said(error: BaseException) -> str:
    """As Python ends a traceback: the words of a KeyError alone say little."""
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name


def traceback_of(error: BaseException) -> str:
    """As Python shows it, without frames that are not of the user."""
    return "\n".join(filter(None, [frames.stack_trace(error), said(error)]))


def _advised(error: BaseException) -> BaseException:
    """What Python says of these does not help in a workflow."""
    if isinstance(error, SystemExit):
        words = "workflow code called `sys.exit`; a workflow ends when its run method returns"
    elif isinstance(error, RuntimeError) and str(error).startswith("Task got bad yield"):
        words = f"{error}: a workflow awaits what `workflow` and `asyncio` give, and nothing else"
    else:
        return error
    return RuntimeError(words).with_traceback(error.__traceback__)


def _trace(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    yield frames.stack_trace(error)
    for relation, other in _behind(error):
        if id(other) not in seen:
            yield f"{relation} {said(other)}"
            yield from _trace(other, seen)


def _behind(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    if isinstance(error, BaseExceptionGroup):
        yield from (("of which", inner) for inner in error.exceptions)
    if error.__cause__ is not None:
        yield "caused by", error.__cause__
    elif error.__context__ is not None and not error.__suppress_context__:
        yield "raised while handling", error.__context__
