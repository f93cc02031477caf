"""Tells the host each line of user code before it runs: the place of a failure that is no exception."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from . import contract, frames

# How often a line is told in an activation: a loop is known by then, and telling takes longer than running.
TIMES_MAX = 100


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Code that is followed."""
    times: Counter[tuple[CodeType, int]] = Counter()

    def at_call(frame: FrameType, event: str, argument: Any) -> Any:
        return at_line if frames.is_of_user(frame.f_code.co_filename) else None

    def at_line(frame: FrameType, event: str, argument: Any) -> Any:
        line = (frame.f_code, frame.f_lineno)
        times[line] += 1
        if event == "line" and times[line] <= TIMES_MAX:
            contract.telemetry.call_site(frames.call_site())
        return at_line

    sys.settrace(at_call)
    try:
        yield
    finally:
        sys.settrace(None)
