"""What workflow code rarely needs to know."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .._internal.runtime import try_current

__all__ = ["imports_passed_through", "in_sandbox", "is_replaying", "sandbox_unrestricted"]


def is_replaying() -> bool:
    """True while the past is being repeated. Never decide by it what the workflow does."""
    runtime = try_current()
    return runtime is not None and runtime.activation is not None and runtime.activation.replaying


def in_sandbox() -> bool:
    """True in a running component."""
    return try_current() is not None


@contextlib.contextmanager
def imports_passed_through() -> Iterator[None]:
    """Does nothing: a component has its modules loaded once, when it is built."""
    yield


@contextlib.contextmanager
def sandbox_unrestricted() -> Iterator[None]:
    """Does nothing: the sandbox is WebAssembly, and code within cannot leave it."""
    yield
