"""Handlers that are set while the run goes on, signals taken by name, what handlers know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .. import converter
from .._internal.definition import Handler, Mark
from .._internal.failures import BAD_ARGUMENTS, application
from .._internal.runtime import current, handled
from ..common import RawValue
from ._time import wait_condition

T = TypeVar("T")


def all_handlers_finished() -> bool:
    """True if no `async` handler is at work. `await wait_condition(all_handlers_finished)` waits for it."""
    return current().handlers.all_finished()


@dataclass(frozen=True)
class UpdateInfo:
    """Which update it is."""

    id: str
    """Chosen by the caller; the same if the caller repeats the update."""
    name: str


def current_update_info() -> UpdateInfo | None:
    """The update that the present code handles or validates."""
    kind, request = handled() or ("", None)
    return UpdateInfo(request.id, request.name) if kind == "update" else None


def headers() -> dict[str, RawValue]:
    """What travelled with the call that is handled, beside its arguments; elsewhere, with the start.

    Nothing of it goes on by itself. To hand it on, give it to what is called: `headers=workflow.headers()`.
    """
    _, request = handled() or ("", current().info)
    return {name: converter.decode(payload, RawValue) for name, payload in request.headers}


def set_signal_handler(name: str, handler: Callable[..., Any] | None) -> None:
    """Sets or removes the handler of a signal. It takes those that came before and were kept."""
    _set("signal", name, handler)


def set_dynamic_signal_handler(handler: Callable[..., Any] | None) -> None:
    """Sets or removes the handler of all signals that no other takes."""
    _set("signal", None, handler)


def set_query_handler(name: str, handler: Callable[..., Any] | None) -> None:
    """Sets or removes the handler of a query."""
    _set("query", name, handler)


def set_dynamic_query_handler(handler: Callable[..., Any] | None) -> None:
    """Sets or removes the handler of all queries that no other takes."""
    _set("query", None, handler)


def set_update_handler(
    name: str, handler: Callable[..., Any] | None, *, validator: Callable[..., Any] | None = None
) -> None:
    """Sets or removes the handler of an update."""
    _set("update", name, handler, validator)


def set_dynamic_update_handler(
    handler: Callable[..., Any] | None, *, validator: Callable[..., Any] | None = None
) -> None:
    """Sets or removes the handler of all updates that no other takes."""
    _set("update", None, handler, validator)


def _set(
    kind: str,
    name: str | None,
    function: Callable[..., Any] | None,
    validator: Callable[..., Any] | None = None,
) -> None:
    runtime = current()
    handlers = runtime.run.handlers[kind]
    if function is None:
        handlers.pop(name, None)
        return
    handlers[name] = Handler(Mark(kind, name, validator=validator), function, bound=True)
    if kind == "signal":
        runtime.loop.call_soon(_deliver_kept)


def _deliver_kept() -> None:
    """Gives the kept signals to handlers that were set since."""
    runtime = current()
    for signal in runtime.signals.take_all():
        handler = runtime.run.handler("signal", signal.name)
        if handler is None:
            runtime.signals.push(signal)
        else:
            runtime.run.take_signal(handler, signal)


class Signals(Generic[T]):
    """The signals of one name that has no handler, in order. Those that came before are kept."""

    def __init__(self, name: str, type_hint: Any) -> None:
        self._name = name
        self._hint = type_hint

    def __aiter__(self) -> Signals[T]:
        return self

    async def __anext__(self) -> T:
        return await self.next()

    async def next(self) -> T:
        """Waits for the next one."""
        runtime = current()
        if not runtime.signals.has(self._name):
            await wait_condition(lambda: runtime.signals.has(self._name))
        return self._take()

    def try_next(self, default: Any = None) -> Any:
        """The next one, if it is there already."""
        return self._take() if current().signals.has(self._name) else default

    def _take(self) -> T:
        signal = current().signals.take(self._name)
        payload = signal.input[0] if signal.input else None
        try:
            return converter.decode(payload, self._hint)
        except converter.Mismatch as mismatch:
            message = f"signal `{self._name}`: argument 1: {mismatch}"
        failure = application(BAD_ARGUMENTS, message)
        # Nothing is lost: the run goes on with this signal when the code is repaired.
        current().report_bug(failure)
        raise failure


def signals(name: str, type_hint: Any = Any) -> Signals[Any]:
    """The signals of a name that has no handler: `async for number in workflow.signals("number", int)`.

    Each gives its first argument. Those that nobody takes go to the next run at continue-as-new.
    """
    return Signals(name, type_hint)
