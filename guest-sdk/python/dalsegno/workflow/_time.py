"""Time, durable waiting, and randomness."""

from __future__ import annotations

import inspect
import random as _random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from .._internal.durations import milliseconds
from .._internal.operation import Operation
from .._internal.runtime import Runtime, current


def now() -> datetime:
    """The time of the present activation, in UTC: the same until the next await that waits."""
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=current().time_us)


def time() -> float:
    """The same in seconds since the Unix epoch."""
    return current().time_us / 1_000_000


def time_ns() -> int:
    """The same in nanoseconds since the Unix epoch."""
    return current().time_us * 1_000


def random() -> _random.Random:
    """Random numbers, the same when the run is replayed. Python's own `random` works as well."""
    return current().random


def uuid4() -> uuid.UUID:
    """A UUID, the same when the run is replayed. `uuid.uuid4` works as well."""
    return uuid.UUID(int=current().random.getrandbits(128), version=4)


async def sleep(duration: float | timedelta, *, summary: str | None = None) -> None:
    """Waits by a durable timer, for seconds or for years. `asyncio.sleep` does the same.

    Raises `ValueError` of a duration below zero.
    """
    if (duration.total_seconds() if isinstance(duration, timedelta) else duration) < 0:
        raise ValueError(f"a workflow cannot sleep for {duration!r}")
    await _timer(current(), duration, summary)


async def wait_condition(
    fn: Callable[[], bool], *, timeout: timedelta | float | None = None, timeout_summary: str | None = None
) -> None:
    """Waits until the function gives true. It is tried again whenever nothing else is left to do.

    When this returns, the function gives true. Raises `TimeoutError` when the time is over; its timer is
    durable, and not started if the function gives true at once.
    """
    if not callable(fn) or inspect.iscoroutinefunction(fn):
        raise TypeError("a condition is a function that is not `async`: `lambda: self.done`, for example")
    if fn():
        return
    runtime = current()
    timer = None if timeout is None else _timer(runtime, timeout, timeout_summary)
    waiting = runtime.conditions.enter(fn)
    if timer is not None:
        timer.add_done_callback(lambda _: waiting.wake())
    try:
        while True:
            await waiting.future
            # The condition first: if it holds when the time is over, it holds.
            if fn():
                return
            if timer is not None and timer.done():
                raise TimeoutError("the condition did not come to hold in time")
            waiting.renew(runtime.loop)
    finally:
        runtime.conditions.leave(waiting)
        if timer is not None and not timer.done():
            timer.cancel()


def _timer(runtime: Runtime, duration: Any, summary: str | None) -> Operation:
    number = runtime.start_timer(duration, summary)
    seconds = milliseconds(duration) / 1_000

    def cancel_in_host(_: str) -> bool:
        return runtime.cancel_timer(number)

    return runtime.expect(number, f"timer of {seconds:g} s", cancel_in_host=cancel_in_host)
