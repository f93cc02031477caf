"""Places in workflow code: stack traces and call sites, without frames of the SDK and of Python's library."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any

_SDK = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(asyncio.__file__))) + os.sep
_PACKAGES = f"{os.sep}site-packages{os.sep}"
_BINDINGS = ("/world/", "/bundled/")
# componentize-py numbers the folders that a component is built from, the project's first: `/0/workflows.py`.
_MOUNT = re.compile(r"^/(\d+)/")

# What opens files for others.
_FILE_HELPERS = re.compile(r"[/\\](pathlib([/\\].*)?|shutil|tempfile|glob)(\.py)?$")

FRAMES_MAX = 64


def is_of_user(path: str) -> bool:
    """True of the files of workflow code and of the packages that it uses."""
    if path.startswith(_SDK) or path.startswith(_BINDINGS) or path.startswith("<"):
        return False
    return _PACKAGES in path or not path.startswith(_LIBRARY)


def is_of_project(path: str) -> bool:
    """True of the files of workflow code itself."""
    return is_of_user(path) and _PACKAGES not in f"/{path}"


def shown(path: str) -> str:
    """A path as people know it: in the project's folder, or in that of its packages."""
    return _MOUNT.sub(lambda mount: "" if mount[1] == "0" else "site-packages/", path)


def remember_sources() -> None:
    """Keeps the lines of all user files that are loaded: a running component has no files."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if path and is_of_user(path):
            lines = linecache.getlines(path)
            # Without a time of change, Python does not look whether the file is still there.
            for name in (path, shown(path)):
                linecache.cache[name] = (sum(map(len, lines)), None, lines, name)


def place(frame: FrameType) -> str:
    """`workflows.py:12 in run`."""
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


def where(function: Callable[..., Any]) -> str:
    """` (workflows.py:12)`: where a function is defined, if that is known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return "" if code is None else f" ({code.co_filename}:{code.co_firstlineno})"


def call_site() -> list[str]:
    """Where user code stands now, innermost first."""
    own = (frame for frame in outwards(sys._getframe(1)) if is_of_user(frame.f_code.co_filename))
    return [place(frame) for frame in itertools.islice(own, FRAMES_MAX)]


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and its callers, innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def traceback_of(frames: Iterable[FrameType]) -> TracebackType | None:
    """The traceback of an error that was made elsewhere, from frames as they stand now, innermost first."""
    made: TracebackType | None = None
    for frame in frames:
        made = TracebackType(made, frame, frame.f_lasti, frame.f_lineno or 0)
    return made


def called_by_user() -> bool:
    """True if the function that asks was called by user code, not by Python's library."""
    caller: FrameType | None = sys._getframe(2)
    while caller is not None and _FILE_HELPERS.search(caller.f_code.co_filename):
        caller = caller.f_back
    return caller is not None and is_of_user(caller.f_code.co_filename)


def stack_trace(error: BaseException) -> str:
    """Where an error was raised, as Python shows it, innermost last."""
    frames = [
        (walked.f_code.co_filename, line, walked.f_code.co_name)
        for walked, line in traceback.walk_tb(error.__traceback__)
        if is_of_user(walked.f_code.co_filename)
    ]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        frames.append((error.filename, error.lineno, "<module>"))
    return "\n".join(_without_repetition(map(_formatted, frames[-FRAMES_MAX:])))


def _without_repetition(lines: Iterable[str]) -> Iterator[str]:
    """Recursion shows the same frame many times."""
    for line, group in itertools.groupby(lines):
        yield line
        repeated = sum(1 for _ in group) - 1
        if repeated:
            yield f"  [Previous line repeated {repeated} more times]"


def _formatted(frame: tuple[str, int, str]) -> str:
    path, line, name = frame
    source = linecache.getline(path, line).strip()
    text = f'  File "{path}", line {line}, in {name}'
    return f"{text}\n    {source}" if source else text


def task_places(task: asyncio.Task) -> Iterator[str]:
    """Where a task waits, innermost first."""
    waiting = reversed(_frames(task.get_coro()))
    return (place(frame) for frame in waiting if is_of_user(frame.f_code.co_filename))


def awaiting(future: asyncio.Future, tasks: Iterable[asyncio.Task]) -> Iterator[FrameType]:
    """Where a future is awaited, alone or among others that are gathered, innermost first."""
    for task in tasks:
        waiter = getattr(task, "_fut_waiter", None)
        if waiter is future or future in getattr(waiter, "_children", ()):
            yield from reversed(_frames(task.get_coro()))
            yield from awaiting(task, tasks)
            return


def _frames(awaited: object) -> list[FrameType]:
    """The frames of a chain of awaits, outermost first."""
    found = []
    while awaited is not None:
        frame = _first(awaited, "cr_frame", "gi_frame", "ag_frame")
        if frame is not None:
            found.append(frame)
        awaited = _first(awaited, "cr_await", "gi_yieldfrom", "ag_await")
    return found


def _first(owner: object, *names: str) -> Any:
    return next(
        (found for found in (getattr(owner, name, None) for name in names) if found is not None), None
    )
