"""What the code of a run shares: the loop, the operations, the conditions, what was changed."""

from __future__ import annotations

import contextlib
import contextvars
import random
from collections.abc import Coroutine, Iterator
from typing import Any

from ..exceptions import DalsegnoError
from . import bugs, contract, frames, logs
from .attributes import Changed
from .conditions import Conditions
from .durations import milliseconds
from .handlers import Handlers
from .loop import Timer, WorkflowLoop
from .operation import Operation
from .signals import SignalBuffer


class ReadOnlyContextError(DalsegnoError):
    """A query or a validator tried to change something."""


_current: Runtime | None = None
# The call that the present code handles: its kind, and its request.
_handled: contextvars.ContextVar[Any] = contextvars.ContextVar("handled", default=None)


def current() -> Runtime:
    """The run that the present code belongs to."""
    if _current is None:
        raise RuntimeError("this works only inside a workflow")
    return _current


def try_current() -> Runtime | None:
    """The same, if there is one."""
    return _current


def handled() -> tuple[str, Any] | None:
    """The call that the present code handles, also in tasks that its handler has made."""
    return _handled.get()


@contextlib.contextmanager
def handling(kind: str, request: Any) -> Iterator[None]:
    """Code that handles a call."""
    token = _handled.set((kind, request))
    try:
        yield
    finally:
        _handled.reset(token)


class Runtime:
    """The shared state of the only run of a component."""

    def __init__(self) -> None:
        global _current
        _current = self
        self.loop = WorkflowLoop(self._start_timer, self._cancel_timer, self._report_of_loop)
        self.operations: dict[int, Operation | Timer] = {}
        self.conditions = Conditions(self.loop)
        self.signals = SignalBuffer()
        self.handlers = Handlers()
        self.changed = Changed()
        self.random = random.Random(0)
        self.activation: Any = None
        self.closed = False
        self.cancel_requested = False
        self.run: Any = None
        self._started_us: int | None = None
        self._bug: BaseException | None = None
        self._read_only: str | None = None
        self.call_sites = False
        self._info: Any = None

    def begin(self, activation: Any) -> None:
        """Begins an activation."""
        self.activation = activation
        if self._started_us is None:
            self._started_us = activation.time_us
        self.loop.set_time((activation.time_us - self._started_us) / 1_000_000)
        self.call_sites = contract.telemetry.wants_call_sites()

    @property
    def time_us(self) -> int:
        """The time of the activation, in microseconds since the Unix epoch."""
        return self.activation.time_us

    @property
    def info(self) -> Any:
        """What the host says of the run; the same as long as it lives."""
        if self._info is None:
            self._info = contract.run.info()
        return self._info

    def seed(self, seed: bytes) -> None:
        """Randomness begins here, or begins again."""
        # The interpreter's own generator stands in the snapshot, the same for all runs.
        random.seed(seed)
        self.random.seed(b"workflow" + seed)

    def go(self) -> None:
        """Runs until everything waits, or the run is closed.

        Raises what ends the activation as a bug of the code.
        """
        while True:
            self.loop.drain(self._may_go_on)
            if self._bug is not None:
                bug, self._bug = self._bug, None
                raise bug
            if self.closed or not self.conditions.wake():
                return

    def _may_go_on(self) -> bool:
        return not self.closed and self._bug is None

    def report_bug(self, error: BaseException) -> None:
        """Ends the activation: the code is wrong, and the run is kept where it was."""
        if self._bug is None:
            self._bug = error

    def change(self, what: str) -> None:
        """Comes before each call of the host that changes something."""
        if self._read_only is not None:
            raise ReadOnlyContextError(f"{self._read_only} changes nothing, so it cannot {what}")
        if self.closed:
            raise RuntimeError(f"the run is closed, so it cannot {what}")
        if self.call_sites:
            contract.telemetry.call_site(frames.call_site())

    @contextlib.contextmanager
    def read_only(self, who: str) -> Iterator[None]:
        """Code that changes nothing, not even what is drawn next at random."""
        state, own_state = random.getstate(), self.random.getstate()
        self._read_only = who
        try:
            yield
        finally:
            self._read_only = None
            random.setstate(state)
            self.random.setstate(own_state)

    def expect(self, number: int, awaited: str, **options: Any) -> Operation:
        """The future of an operation that the host has given."""
        return Operation(self, number, awaited, **options)

    def resolve(self, number: int, outcome: Any) -> None:
        """An outcome arrives. Nobody waits for those that were given up."""
        operation = self.operations.pop(number, None)
        if isinstance(operation, Timer):
            self.loop.fire(operation)
        elif operation is not None:
            operation.resolve(outcome.value, isinstance(outcome, contract.Ok))

    def start_timer(self, seconds: Any, summary: str | None = None) -> int:
        """Starts a timer of the host."""
        self.change("start a timer")
        return contract.timers.start(milliseconds(seconds), contract.timers.Options(summary, []))

    def cancel_timer(self, number: int) -> bool:
        """True: it will not fire."""
        self.change("cancel a timer")
        return contract.timers.cancel(number)

    def _start_timer(self, loop: WorkflowLoop, timer: Timer, seconds: float) -> None:
        timer.delay = seconds
        timer.operation = self.start_timer(seconds)
        self.operations[timer.operation] = timer

    def _cancel_timer(self, timer: Timer) -> None:
        number, timer.operation = timer.operation, None
        if number is not None and self.operations.pop(number, None) is not None and not self.closed:
            self.cancel_timer(number)

    def _report_of_loop(self, context: dict[str, Any]) -> None:
        """An error that nobody awaits: of a bare callback it ends the activation, of a task it is logged."""
        error = context.get("exception")
        if "handle" in context and error is not None:
            self.report_bug(error)
        elif error is not None:
            logs.write("error", f"{context.get('message')}\n{bugs.traceback_of(error)}", {})

    def random_id(self) -> str:
        """An id that no other run makes: 32 hexadecimal digits."""
        return contract.run.random_bytes(16).hex()

    def spawn_handler(self, name: str, handler: Coroutine[Any, Any, None]) -> None:
        """Adds a handler as a task, and begins it at once: handlers begin in the order of their events."""
        self.loop.run_now(self.loop.create_task(handler, name=name))
