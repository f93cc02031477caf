"""Tasks and futures whose order in sets is that of their making, so that every replay goes the same way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loop import WorkflowLoop


class WorkflowFuture(asyncio.Future):
    """A future of the workflow's loop."""

    def __init__(self, *, loop: WorkflowLoop) -> None:
        self._number = loop.next_number()
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        # The default is an address in memory, which decides the order of sets, as in `asyncio.wait`.
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class WorkflowTask(asyncio.Task):
    """A task of the workflow's loop."""

    def __init__(self, coro: Any, *, loop: WorkflowLoop, **options: Any) -> None:
        self._number = loop.next_number()
        self._workflow_loop = loop
        super().__init__(coro, loop=loop, **options)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other

    def cancel(self, msg: Any = None) -> bool:
        """Cancels what the task waits for, and the task with it."""
        loop = self._workflow_loop
        outer, loop.cancelling = loop.cancelling, self
        try:
            return super().cancel(msg)
        finally:
            loop.cancelling = outer
