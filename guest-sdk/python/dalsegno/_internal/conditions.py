"""Who waits until something holds. Conditions are tried again whenever nothing else is left to do."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loop import WorkflowLoop


class Conditions:
    """All of a run, in the order in which they began to wait."""

    def __init__(self, loop: WorkflowLoop) -> None:
        self._loop = loop
        self._waiting: dict[int, _Waiting] = {}
        self._begun = 0

    def enter(self, holds: Callable[[], Any]) -> _Waiting:
        """Begins to wait."""
        self._begun += 1
        waiting = _Waiting(self._begun, holds, self._loop)
        self._waiting[self._begun] = waiting
        return waiting

    def leave(self, waiting: _Waiting) -> None:
        """Waits no longer."""
        self._waiting.pop(waiting.number, None)

    def wake(self) -> bool:
        """Wakes those that hold. False: none does."""
        woken = [waiting for waiting in list(self._waiting.values()) if waiting.wants_to_wake()]
        for waiting in woken:
            waiting.wake()
        return bool(woken)


class _Waiting:
    def __init__(self, number: int, holds: Callable[[], Any], loop: WorkflowLoop) -> None:
        self.number = number
        self._holds = holds
        self._context = contextvars.copy_context()
        self.renew(loop)

    def wants_to_wake(self) -> bool:
        try:
            return bool(self._context.run(self._holds))
        except BaseException:
            # The code that waits raises it again.
            return True

    def wake(self) -> None:
        if not self.future.done():
            self.future.set_result(None)

    def renew(self, loop: WorkflowLoop) -> None:
        """Waits once more: what held does so no longer."""
        self.future: Any = loop.create_future()
        self.future.awaited = "condition"
