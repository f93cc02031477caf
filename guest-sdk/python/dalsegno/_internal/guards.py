"""Errors, in Python's words, for what the world of a workflow lacks; and order where Python has none."""

from __future__ import annotations

import asyncio
import builtins
import io
import linecache
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any

from . import frames, preload
from .unsupported import (
    ACTIVITY,
    CONSOLE,
    HTTP,
    LOGGER,
    RUNS,
    SIGNALS,
    SLEEP,
    TASKS,
    WAITS,
    ZONES,
    UnsupportedError,
)

_FILES = (
    "a workflow has no files: read them when the component is built, at the top level of a module, or "
    f"{ACTIVITY}"
)
# Looking whether a file is there is answered: none is.
_OF_FILES = (
    "chmod link listdir makedirs mkdir open readlink remove removedirs rename renames replace rmdir scandir "
    "stat symlink truncate unlink utime"
)


def refuse_network() -> None:
    """Called before workflow code is loaded: there is none then either."""
    _refuse(socket.socket, "__init__", f"a workflow has no sockets: {HTTP}")
    for name in ("create_connection", "create_server", "getaddrinfo", "gethostbyname"):
        _refuse(socket, name, f"a workflow has no network: {HTTP}")


def install() -> None:
    """Replaces what cannot work. Called when workflow code is loaded: while it is, files can be read."""
    preload.close()
    _refuse(time, "sleep", f"`time.sleep` would block the workflow: {SLEEP}")
    _refuse(threading.Thread, "start", f"a workflow has no threads: {TASKS}")
    _refuse(builtins, "input", f"a workflow has no console: {CONSOLE}")
    _refuse(sys, "breakpointhook", f"a workflow has no console, so no debugger: {LOGGER}")
    _refuse(asyncio, "run", f"the event loop of a workflow has no `run`: {RUNS}")
    _refuse(zoneinfo._common, "load_tzdata", f"a workflow has no time zone files: {ZONES}")
    _refuse(signal, "signal", f"a workflow gets no signals of an operating system: {SIGNALS}")
    _refuse(subprocess.Popen, "__init__", f"a workflow starts no programs: {ACTIVITY}")
    # Python for WebAssembly lacks some, and its error would not say what to do instead.
    for name in ("system", "popen"):
        setattr(os, name, _refusal(name, f"a workflow starts no programs: {ACTIVITY}"))
    for name in ("fork", "execv", "execve", "posix_spawn", "kill"):
        _refuse(os, name, f"a workflow starts no programs: {ACTIVITY}")
    if "multiprocessing.process" in sys.modules:
        process = sys.modules["multiprocessing.process"].BaseProcess
        _refuse(process, "start", f"a workflow starts no processes: {TASKS}")
    _refuse_waits()
    _refuse_files()
    _keep_sources()
    _keep_order()


def _refuse(owner: Any, name: str, message: str) -> None:
    if hasattr(owner, name):
        setattr(owner, name, _refusal(name, message))


def _refusal(name: str, message: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise UnsupportedError(message)

    refuse.__name__ = refuse.__qualname__ = name
    return refuse


def _refuse_waits() -> None:
    """Whoever only looks, with a limit of zero, may do so."""
    waited = threading.Condition.wait

    def wait(condition: threading.Condition, timeout: float | None = None) -> bool:
        if timeout is None or timeout > 0:
            raise UnsupportedError(f"no other thread will end this wait: {WAITS}")
        return waited(condition, timeout)

    threading.Condition.wait = wait  # type: ignore[method-assign]


def _refuse_files() -> None:
    opened = builtins.open

    def open(file: Any, *arguments: Any, **options: Any) -> Any:
        # Python's own library looks for files that need not be there.
        if frames.called_by_user() and not isinstance(file, int):
            raise UnsupportedError(f"cannot open {file!r}: {_FILES}")
        return opened(file, *arguments, **options)

    builtins.open = io.open = open  # type: ignore[assignment]
    for name in _OF_FILES.split():
        _refuse_users(os, name)


def _refuse_users(owner: Any, name: str) -> None:
    function = getattr(owner, name, None)
    if function is None:
        return

    def guarded(*arguments: Any, **options: Any) -> Any:
        if frames.called_by_user():
            raise UnsupportedError(f"`os.{name}` does not work here: {_FILES}")
        return function(*arguments, **options)

    guarded.__name__ = guarded.__qualname__ = name
    setattr(owner, name, guarded)


def _keep_sources() -> None:
    """Tracebacks show the lines that are remembered, and look for no files."""
    linecache.checkcache = lambda filename=None: None
    linecache.updatecache = lambda filename, module_globals=None: []
    # Marks parts of a line by parsing it; where that fails, Python looks for a file.
    if hasattr(traceback, "_extract_caret_anchors_from_line_segment"):
        traceback._extract_caret_anchors_from_line_segment = lambda segment: None


def _keep_order() -> None:
    """`asyncio.as_completed` puts coroutines into a set, whose order is that of addresses in memory."""
    unordered = asyncio.as_completed

    def as_completed(fs: Iterable[Any], *, timeout: float | None = None) -> Any:
        return unordered([asyncio.ensure_future(awaitable) for awaitable in fs], timeout=timeout)

    as_completed.__doc__ = unordered.__doc__
    asyncio.as_completed = asyncio.tasks.as_completed = as_completed
