"""Imports workflow code, while the component is built."""

from __future__ import annotations

import contextlib
import datetime
import gc
import importlib
import itertools
import os
import random
import secrets
import sys
import time
import uuid
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from types import CodeType, FrameType, FunctionType
from typing import Any

from . import frames
from .arguments import DefinitionError

# What differs each time it is called. Of `random` the functions, not the code's own generators.
_OF_RANDOM = (
    "betavariate choice choices expovariate gauss getrandbits normalvariate randbytes randint random "
    "randrange sample shuffle triangular uniform"
)
_OTHERS: dict[Any, str] = {
    datetime.date: "today",
    datetime.datetime: "now today utcnow",
    os: "urandom",
    secrets: "choice randbelow randbits token_bytes token_hex token_urlsafe",
    time: "monotonic monotonic_ns perf_counter perf_counter_ns time time_ns",
    uuid: "uuid1 uuid4 uuid6 uuid7",
}

# What helps if a module is missing.
PACKAGES = (
    "your own modules are imported from the project's folder, packages from its .venv: "
    "`python3 -m venv .venv && .venv/bin/pip install PACKAGE`. They have to be pure Python: what needs "
    "compiled parts, as numpy does, belongs into an activity"
)


def import_module(name: str) -> None:
    """Imports a module of the project.

    Raises `DefinitionError` if it draws what would be the same in all runs, also if it catches all errors.
    """
    with _paths_of_projects(), _nothing_drawn():
        importlib.import_module(name)


@contextlib.contextmanager
def _paths_of_projects() -> Iterator[None]:
    """Code is compiled under the path that people know, and not read from caches, which have another one."""
    get_code = SourceFileLoader.get_code

    def get_code_of_user(loader: SourceFileLoader, name: str) -> CodeType | None:
        path = loader.get_filename(name)
        if not frames.is_of_user(path):
            return get_code(loader, name)
        return loader.source_to_code(loader.get_data(path), frames.shown(path))

    SourceFileLoader.get_code = get_code_of_user  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


@contextlib.contextmanager
def _nothing_drawn() -> Iterator[None]:
    """What the project's own modules draw at their top level would stand in the snapshot."""
    drawn = _drawn()
    refusals: list[DefinitionError] = []

    # It raises nothing: Python calls no function again that has raised, and what is raised may be caught.
    def check(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            owners, caller = drawn.get(frame.f_code), frame.f_back
        elif event == "c_call":
            owners, caller = drawn.get(argument), frame
        else:
            return
        if owners is None or caller is None or not frames.is_of_project(caller.f_code.co_filename):
            return
        for name, owner in owners:
            if not refusals and (owner is None or frame.f_locals.get("self") is owner):
                refusals.append(_refusal(name, caller))

    sys.setprofile(check)
    try:
        yield
    finally:
        sys.setprofile(None)
        _settle()
    if refusals:
        raise refusals[0]


def _settle() -> None:
    """Lets Python note in all code that nobody follows it any more.

    It would do so in each run, when the code is first called, and 250 KiB of the snapshot would be no longer shared.
    """
    # Pythons older than the component's, in which the SDK is tested, keep no such notes.
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return
    tool, events = monitoring.PROFILER_ID, monitoring.events
    if monitoring.get_tool(tool) is None:
        # Never given back, since that would make all code stale again.
        monitoring.use_tool_id(tool, "dalsegno")
    codes = {thing.__code__ for thing in gc.get_objects() if isinstance(thing, FunctionType)}
    for code in codes:
        for wanted in (events.PY_START, events.NO_EVENTS):
            monitoring.set_local_events(tool, code, wanted)


def _refusal(name: str, caller: FrameType) -> DefinitionError:
    error = DefinitionError(
        f"`{name}` is called while the component is built, so all runs would have the same value: "
        "call it in the run method or in a handler"
    )
    loaded = itertools.takewhile(
        lambda frame: frame.f_code is not import_module.__code__, frames.outwards(caller)
    )
    return error.with_traceback(frames.traceback_of(loaded))


def _drawn() -> dict[Any, list[tuple[str, Any]]]:
    """Functions in C by themselves, others by their code; with their names, and whose methods they are.

    `random.choice` and `secrets.choice` are one method of two generators.
    """
    drawn: dict[Any, list[tuple[str, Any]]] = {}
    for module, names in {random: _OF_RANDOM, **_OTHERS}.items():
        for name in names.split():
            function = getattr(module, name, None)
            if function is not None:
                code = getattr(function, "__code__", None)
                owner = None if code is None else getattr(function, "__self__", None)
                drawn.setdefault(code or function, []).append((f"{module.__name__}.{name}", owner))
    return drawn
