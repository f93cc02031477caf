"""Activities: work outside the sandbox, and short work in the host itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import IntEnum
from typing import Any

from .._internal import contract
from .._internal.durations import optional_milliseconds
from .._internal.failures import activity_cancelled
from .._internal.operation import Operation
from .._internal.runtime import Runtime, current
from ..common import RetryPolicy
from . import _calls
from ._calls import NONE_GIVEN


class ActivityCancellationType(IntEnum):
    """What cancelling waits for."""

    TRY_CANCEL = 0
    """Ask the activity to stop, and count it as cancelled at once."""
    WAIT_CANCELLATION_COMPLETED = 1
    """Ask the activity to stop, and wait until it ends."""
    ABANDON = 2
    """Do not ask; count it as cancelled at once."""


ActivityHandle = Operation


def start_activity(
    activity: Any,
    arg: Any = NONE_GIVEN,
    *,
    args: Sequence[Any] | None = None,
    task_queue: str | None = None,
    result_type: Any = None,
    schedule_to_close_timeout: timedelta | None = None,
    schedule_to_start_timeout: timedelta | None = None,
    start_to_close_timeout: timedelta | None = None,
    heartbeat_timeout: timedelta | None = None,
    retry_policy: RetryPolicy | None = None,
    cancellation_type: ActivityCancellationType = ActivityCancellationType.TRY_CANCEL,
    activity_id: str | None = None,
    summary: str | None = None,
    headers: Mapping[str, Any] | None = None,
) -> ActivityHandle:
    """Schedules an activity now. The handle is awaited for its result, and can be cancelled.

    The activity is its name, or a function of this name; `start_to_close_timeout` or
    `schedule_to_close_timeout` is required. A result that is not of `result_type` (or of what the function
    returns) fails the activation, not the run.
    """
    runtime = current()
    name, result = _calls.activity(activity, result_type)
    _check_limits(name, start_to_close_timeout, schedule_to_close_timeout)
    options = contract.activities.Options(
        activity_id,
        task_queue,
        optional_milliseconds(schedule_to_close_timeout),
        optional_milliseconds(schedule_to_start_timeout),
        optional_milliseconds(start_to_close_timeout),
        optional_milliseconds(heartbeat_timeout),
        _calls.retry_policy(retry_policy),
        contract.activities.CancellationType(int(cancellation_type)),
        summary,
        _calls.headers(headers),
        [],
    )
    payloads = _calls.inputs(arg, args)
    runtime.change(f"schedule the activity `{name}`")
    number = contract.activities.schedule(name, payloads, options)
    return _handle(runtime, number, "activity", name, activity_id, result)


async def execute_activity(activity: Any, arg: Any = NONE_GIVEN, **options: Any) -> Any:
    """Schedules an activity, and waits for its result. Options are those of `start_activity`."""
    return await start_activity(activity, arg, **options)


def start_local_activity(
    activity: Any,
    arg: Any = NONE_GIVEN,
    *,
    args: Sequence[Any] | None = None,
    result_type: Any = None,
    schedule_to_close_timeout: timedelta | None = None,
    start_to_close_timeout: timedelta | None = None,
    retry_policy: RetryPolicy | None = None,
    local_retry_threshold: timedelta | None = None,
    cancellation_type: ActivityCancellationType = ActivityCancellationType.TRY_CANCEL,
    activity_id: str | None = None,
    summary: str | None = None,
    headers: Mapping[str, Any] | None = None,
) -> ActivityHandle:
    """The same for short work in the host itself: several in a row cost one commit.

    It has no task queue and no heartbeat, and begins anew if the host stops meanwhile.
    """
    runtime = current()
    name, result = _calls.activity(activity, result_type)
    _check_limits(name, start_to_close_timeout, schedule_to_close_timeout)
    options = contract.activities.LocalOptions(
        activity_id,
        optional_milliseconds(schedule_to_close_timeout),
        optional_milliseconds(start_to_close_timeout),
        _calls.retry_policy(retry_policy),
        optional_milliseconds(local_retry_threshold),
        contract.activities.CancellationType(int(cancellation_type)),
        summary,
        _calls.headers(headers),
        [],
    )
    payloads = _calls.inputs(arg, args)
    runtime.change(f"schedule the local activity `{name}`")
    number = contract.activities.schedule_local(name, payloads, options)
    return _handle(runtime, number, "local activity", name, activity_id, result)


async def execute_local_activity(activity: Any, arg: Any = NONE_GIVEN, **options: Any) -> Any:
    """Runs a local activity, and waits for its result. Options are those of `start_local_activity`."""
    return await start_local_activity(activity, arg, **options)


def _check_limits(name: str, *limits: timedelta | None) -> None:
    if not any(limits):
        raise ValueError(
            f"the activity `{name}` needs a time limit: `start_to_close_timeout` or "
            "`schedule_to_close_timeout`"
        )


def _handle(
    runtime: Runtime, number: int, kind: str, name: str, activity_id: str | None, result: Any
) -> Operation:
    def cancel_in_host(_: str) -> bool:
        runtime.change(f"cancel the activity `{name}`")
        return contract.activities.cancel(number)

    return runtime.expect(
        number,
        f"{kind} {name}",
        cancel_in_host=cancel_in_host,
        cancelled=lambda _: activity_cancelled(name, activity_id or str(number)),
        result=result,
    )
