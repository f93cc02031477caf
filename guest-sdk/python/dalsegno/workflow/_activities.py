"""Activities: work outside the sandbox, and short work in the host itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import IntEnum
from typing import Any

from .._internal import contract
from .._internal.durations import optional_milliseconds
from .._internal.failures import activity_cancelled
from .._internal.operation import Operation
from .._internal.runtime import current
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
    schedule = contract.activities.schedule
    return _begin("activity", schedule, activity, result_type, _calls.inputs(arg, args), options)


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
    schedule = contract.activities.schedule_local
    return _begin("local activity", schedule, activity, result_type, _calls.inputs(arg, args), options)


async def execute_local_activity(activity: Any, arg: Any = NONE_GIVEN, **options: Any) -> Any:
    """Runs a local activity, and waits for its result. Options are those of `start_local_activity`."""
    return await start_local_activity(activity, arg, **options)


# Temporal's names for activities that are methods of a class.
start_activity_method = start_activity
execute_activity_method = execute_activity
start_local_activity_method = start_local_activity
execute_local_activity_method = execute_local_activity


def _begin(
    kind: str,
    schedule: Callable[[str, list[Any], Any], int],
    activity: Any,
    result_type: Any,
    payloads: list[Any],
    options: Any,
) -> Operation:
    name, result = _calls.activity(activity, result_type)
    if not options.start_to_close_ms and not options.schedule_to_close_ms:
        raise ValueError(
            f"the activity `{name}` needs a time limit: `start_to_close_timeout` or "
            "`schedule_to_close_timeout`"
        )
    runtime = current()
    runtime.change(f"schedule the {kind} `{name}`")
    number = schedule(name, payloads, options)

    def cancel_in_host(_: str) -> bool:
        runtime.change(f"cancel the activity `{name}`")
        return contract.activities.cancel(number)

    return runtime.expect(
        number,
        f"{kind} {name}",
        cancel_in_host=cancel_in_host,
        cancelled=lambda _: activity_cancelled(name, options.activity_id or str(number)),
        result=result,
    )
