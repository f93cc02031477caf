"""Ending a run by beginning a new one with a fresh history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from .._internal import attributes, closing, contract
from .._internal.durations import optional_milliseconds
from .._internal.runtime import current
from ..common import RetryPolicy, TypedSearchAttributes
from . import _calls
from ._calls import NONE_GIVEN

ContinueAsNewError = closing.ContinueAsNew


def continue_as_new(
    arg: Any = NONE_GIVEN,
    *,
    args: Sequence[Any] | None = None,
    workflow: Any = None,
    task_queue: str | None = None,
    run_timeout: timedelta | None = None,
    retry_policy: RetryPolicy | None = None,
    memo: Mapping[str, Any] | None = None,
    search_attributes: TypedSearchAttributes | None = None,
    current_module: bool = False,
    headers: Mapping[str, Any] | None = None,
) -> NoReturn:
    """Closes the run, and starts one of the same workflow id with a fresh history.

    What is not given stays as it is. Never returns: it raises what only the SDK catches. Signals that nobody
    took go to the new run, which receives them before all else; handlers that are at work are given up, so
    wait for `all_handlers_finished` before. A run that was asked to cancel, and has not heard of it yet,
    closes as cancelled instead.
    """
    runtime = current()
    options = contract.run.ContinueAsNewOptions(
        None if workflow is None else _calls.workflow(workflow, None)[0],
        task_queue,
        optional_milliseconds(run_timeout),
        _calls.retry_policy(retry_policy),
        None if memo is None else attributes.memo_fields(memo),
        None if search_attributes is None else attributes.pairs(search_attributes),
        current_module,
        [],
        _calls.headers(headers),
        [],
    )
    payloads = _calls.inputs(arg, args)
    runtime.change("continue as new")
    raise ContinueAsNewError(lambda: closing.continue_as_new(runtime, payloads, options))
