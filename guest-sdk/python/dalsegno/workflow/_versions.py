"""Changes of code that open runs must not see."""

from __future__ import annotations

from .._internal import contract
from .._internal.runtime import current


def patched(id: str) -> bool:
    """True in runs that take the new way: that reach this for the first time, or took it then.

    A change lives in three steps, each a new module: `if workflow.patched("id")` with both ways;
    `workflow.deprecate_patch("id")` and the new way, when the last run from before is closed; the new way
    alone, when the last run with the first step is closed. An id is decided once for the run.
    """
    current().change("decide on a patch")
    return contract.run.patched(id)


def deprecate_patch(id: str) -> None:
    """Says that no run is left which went without the patch."""
    current().change("deprecate a patch")
    contract.run.deprecate_patch(id)


def get_version(change_id: str, minimum: int, maximum: int) -> int:
    """The version of a change that this run has: a `patched` with more than two ways.

    `maximum` in runs that reach it for the first time, and that version ever after; `minimum` in runs that
    passed here before the change was made.
    """
    current().change("decide on a version")
    return contract.run.get_version(change_id, minimum, maximum)
