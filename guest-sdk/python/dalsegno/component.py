"""The exports of a component.

`dalsegno build` writes an entry module that takes `Guest` and `load` from here.
"""

from __future__ import annotations

import gc
from typing import Any

from . import __version__
from ._internal import bugs, contract, describing, frames, guards, loading, logs, preload
from ._internal.definition import registry
from ._internal.failures import to_contract
from ._internal.run import Run

__all__ = ["BuildError", "Guest", "load"]

_run: Run | None = None


class BuildError(Exception):
    """No component can be made of the module. `dalsegno build` shows what it says, and nothing else."""


def load(module: str) -> None:
    """Imports workflow code, and prepares the snapshot that every run begins with.

    Raises `BuildError` if there is no workflow in it, or if its code raises anything.
    """
    preload.import_library()
    logs.install()
    guards.refuse_network()
    try:
        loading.import_module(module)
    except BaseException as error:
        advice = f"\n  help: {loading.PACKAGES}" if isinstance(error, ModuleNotFoundError) else ""
        told = f"Traceback (most recent call last):\n{bugs.traceback_of(error)}{advice}"
        raise BuildError(told) from None
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
            raise contract.Err(bugs.failure_of(error)) from None

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
