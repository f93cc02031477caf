"""The event loop: runs what is ready in the order in which it became so, and does nothing else.

Invariant: the order depends on the order of calls and events alone, so a run repeats it. Time stands still
while the loop runs; timers are the host's, durable ones.
"""

from __future__ import annotations

import asyncio
import collections
import contextvars
import sys
import weakref
from asyncio import events
from collections.abc import Callable
from typing import Any

from .tasks import WorkflowFuture, WorkflowTask
from .unsupported import REFUSED_BY_LOOP, UnsupportedError


class WorkflowLoop(asyncio.AbstractEventLoop):
    """The only loop of a component."""

    def __init__(
        self,
        start_timer: Callable[[WorkflowLoop, Timer, float], None],
        cancel_timer: Callable[[Timer], None],
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        self._start_timer = start_timer
        self._cancel_timer = cancel_timer
        self._report = report
        self._ready: collections.deque[asyncio.Handle] = collections.deque()
        self._numbers = 0
        self._seconds = 0.0
        # All that have not ended, in the order of their making. `asyncio` itself holds them weakly only.
        self.tasks: dict[WorkflowTask, None] = {}
        # Those that have failed; whoever drops one unheard lets `asyncio` report it.
        self._failed: weakref.WeakSet[WorkflowTask] = weakref.WeakSet()
        # The task whose cancellation is going on.
        self.cancelling: WorkflowTask | None = None

    def next_number(self) -> int:
        """Counts tasks and futures from 1."""
        self._numbers += 1
        return self._numbers

    def set_time(self, seconds: float) -> None:
        """Says how long the run has lived."""
        self._seconds = seconds

    def drain(self, may_go_on: Callable[[], bool]) -> None:
        """Runs all that is ready, and all that becomes so."""
        while self._ready and may_go_on():
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()

    def run_now(self, task: WorkflowTask) -> None:
        """Runs the first step of a task that was made just now, before all that is ready."""
        if not task.done():
            self._ready.pop()._run()

    def time(self) -> float:
        return self._seconds

    def call_soon(
        self, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self, delay: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        timer = Timer(self._seconds + delay, callback, args, self, context)
        if delay <= 0:
            self._ready.append(timer)
        else:
            self._start_timer(self, timer, delay)
        return timer

    def call_at(
        self, when: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_later(when - self._seconds, callback, *args, context=context)

    def fire(self, timer: Timer) -> None:
        """A timer is due."""
        timer.operation = None
        self._ready.append(timer)

    def _timer_handle_cancelled(self, timer: Any) -> None:
        if timer.operation is not None:
            self._cancel_timer(timer)

    def create_future(self) -> asyncio.Future:
        return WorkflowFuture(loop=self)

    def create_task(self, coro: Any, **options: Any) -> Any:
        task = WorkflowTask(coro, loop=self, **options)
        if not task.done():
            self.tasks[task] = None
            task.add_done_callback(self._forget)
        return task

    def _forget(self, task: Any) -> None:
        self.tasks.pop(task, None)
        if task._log_traceback:
            self._failed.add(task)

    def report_unheard(self) -> None:
        """Reports the errors of tasks that nobody has looked at, in the order of the tasks' making."""
        unheard = [task for task in (*self.tasks, *self._failed) if task.done() and task._log_traceback]
        for task in sorted(unheard, key=hash):
            context = {"message": "Task exception was never retrieved", "exception": task.exception()}
            self.call_exception_handler(context)

    def set_running(self, running: bool) -> None:
        """Makes it the loop that `asyncio` finds, and the one that ends abandoned asynchronous generators."""
        events._set_running_loop(self if running else None)
        sys.set_asyncgen_hooks(finalizer=self._end_generator if running else None)

    def _end_generator(self, generator: Any) -> None:
        self.create_task(generator.aclose(), name="end of an asynchronous generator")

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def get_debug(self) -> bool:
        return False

    def get_task_factory(self) -> None:
        return None

    def get_exception_handler(self) -> None:
        return None

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self._report(context)


class Timer(asyncio.TimerHandle):
    """A callback for later, with the host's operation behind it."""

    __slots__ = ("delay", "operation")

    def __init__(self, when: float, callback: Any, args: Any, loop: WorkflowLoop, context: Any) -> None:
        super().__init__(when, callback, args, loop, context)
        self.operation: int | None = None
        self.delay = 0.0


def _refuses(name: str, advice: str) -> Any:
    def method(self: WorkflowLoop, *_: Any, **__: Any) -> Any:
        raise UnsupportedError(f"the event loop of a workflow has no `{name}`: {advice}")

    method.__name__ = name
    return method


for _name, _advice in REFUSED_BY_LOOP.items():
    setattr(WorkflowLoop, _name, _refuses(_name, _advice))
