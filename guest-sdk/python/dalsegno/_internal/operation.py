"""One operation of the host, as a future: its outcome, and its cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import converter
from ..exceptions import FailureError
from . import frames
from .failures import application, as_cancellation, from_contract
from .tasks import WorkflowFuture, WorkflowTask

if TYPE_CHECKING:
    from .runtime import Runtime


class Operation(WorkflowFuture):
    """Something that was asked of the host. Cancelling it, or the task that awaits it, cancels it there."""

    def __init__(
        self,
        runtime: Runtime,
        number: int,
        awaited: str,
        *,
        cancel_in_host: Callable[[str], bool],
        cancelled: Callable[[str], FailureError] | None = None,
        result: Any = Any,
    ) -> None:
        super().__init__(loop=runtime.loop)
        self.number = number
        self.awaited = f"{awaited} (operation {number})"
        self._runtime = runtime
        self._cancel_in_host = cancel_in_host
        self._cancelled = cancelled
        self._result_type = result
        self._cancel_requested = False
        # The task whose cancellation has come, but not reached its code.
        self._interrupted: WorkflowTask | None = None
        runtime.operations[number] = self

    def __await__(self) -> Any:
        if self.done():
            return self.result()
        try:
            outcome = yield from super().__await__()
        except asyncio.CancelledError:
            self._interrupted = None
            raise
        finally:
            self._deliver_interruption()
        return outcome

    def _deliver_interruption(self) -> None:
        """The outcome was there first, or came all the same: the task is cancelled where it waits next."""
        task, self._interrupted = self._interrupted, None
        if task is not None and task is asyncio.current_task():
            task.uncancel()
            task.cancel()

    def cancel(self, msg: Any = None) -> bool:
        """Asks the host to cancel, once. The outcome is there at once, or comes if the end is waited for.

        True: the awaiting code will hear of it by the outcome.
        """
        task = self._runtime.loop.cancelling
        if self.done():
            # An outcome that has arrived is not lost.
            self._interrupted = task
            return task is not None
        self._interrupted = task
        self._cancel_once(str(msg or ""))
        return True

    def _cancel_once(self, reason: str) -> None:
        if self._cancel_requested or self._runtime.closed:
            return
        self._cancel_requested = True
        if not self._cancel_in_host(reason):
            return
        self._runtime.operations.pop(self.number, None)
        if self._cancelled is None:
            super().cancel(reason or None)
        else:
            self._fail(self._cancelled(reason))

    def _fail(self, error: BaseException) -> None:
        self.set_exception(error)
        # Whoever cancels needs not look at what comes of it.
        self.exception()

    def resolve(self, outcome: Any, succeeded: bool) -> None:
        """The outcome has arrived."""
        if self.done():
            return
        if not succeeded:
            self._reject(from_contract(outcome))
            return
        try:
            result = converter.decode(outcome, self._result_type)
        except converter.Mismatch as mismatch:
            name = getattr(self._result_type, "__name__", self._result_type)
            error = application("BadResult", f"the result of {self.awaited} is no `{name}`: {mismatch}")
            place = frames.traceback_of(frames.awaiting(self, self._runtime.loop.tasks))
            self._runtime.report_bug(error.with_traceback(place))
            return
        self.set_result(result)

    def _reject(self, error: FailureError) -> None:
        if self._cancel_requested and self._cancelled is not None:
            self._fail(as_cancellation(error))
        else:
            self.set_exception(error)
