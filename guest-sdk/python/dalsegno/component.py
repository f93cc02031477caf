"""The exports of a component.

`dalsegno build` writes an entry module that takes `Guest` and `load` from here.
"""

from __future__ import annotations

import gc
import importlib
from typing import Any

from . import __version__
from ._internal import contract, describing, frames, guards, logs, preload
from ._internal.arguments import DefinitionError as BuildError
from ._internal.definition import registry
from ._internal.failures import to_contract
from ._internal.run import Run
from .exceptions import FailureError

__all__ = ["BuildError", "Guest", "load"]

_run: Run | None = None


def load(module: str) -> None:
    """Imports workflow code, and prepares the snapshot that every run begins with.

    Raises `BuildError` if there is no workflow in it, and whatever its code raises.
    """
    preload.import_library()
    logs.install()
    importlib.import_module(module)
    if not registry:
        raise BuildError(f"the module `{module}` has no class with `@workflow.defn`")
    describing.module_definition(__version__)
    frames.remember_sources()
    guards.install()
    gc.collect()
    # What stands in the snapshot is never collected, so that runs share its memory.
    gc.freeze()


def _the_run() -> Run:
    global _run
    if _run is None:
        _run = Run()
    return _run


class Guest:
    """What the host calls. Nothing is raised but failures of the contract."""

    def definitions(self) -> Any:
        """What the module holds."""
        return describing.module_definition(__version__)

    def activate(self, activation: Any) -> None:
        """Delivers events."""
        try:
            _the_run().activate(activation)
        except BaseException as error:
            raise contract.Err(_of_bug(error)) from None

    def validate_update(self, request: Any) -> None:
        """Decides on an update."""
        try:
            _the_run().validate_update(request)
        except BaseException as error:
            raise contract.Err(to_contract(error)) from None

    def query(self, request: Any) -> Any:
        """Answers a query."""
        try:
            return _the_run().query(request)
        except BaseException as error:
            raise contract.Err(to_contract(error)) from None


def _of_bug(error: BaseException) -> Any:
    if isinstance(error, SystemExit):
        error = RuntimeError("workflow code called `sys.exit`; a workflow ends when its run method returns")
    elif isinstance(error, RuntimeError) and str(error).startswith("Task got bad yield"):
        advice = "a workflow awaits what `workflow` and `asyncio` give, and nothing else"
        error = RuntimeError(f"{error}: {advice}").with_traceback(error.__traceback__)
    failure = to_contract(error)
    if not isinstance(error, FailureError):
        # As Python ends a traceback: the words of a KeyError alone say little.
        first = failure.causes[0]
        name = type(error).__name__
        first.message = f"{name}: {first.message}" if first.message else name
    return failure
