"""What a run knows of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from typing import Any

from .. import converter
from .._internal import attributes
from .._internal.durations import from_milliseconds
from .._internal.failures import from_contract
from .._internal.runtime import Runtime, current
from ..common import RawValue, RetryPolicy, TypedSearchAttributes
from ..exceptions import FailureError


class ContinueAsNewReason(IntEnum):
    """Why it is time to continue as new."""

    HISTORY_EVENTS = 0
    HISTORY_BYTES = 1
    UPDATES = 2


@dataclass(frozen=True)
class ParentInfo:
    """Which run."""

    namespace: str
    workflow_id: str
    run_id: str


RootInfo = ParentInfo


@dataclass(frozen=True)
class Info:
    """What a run was started with. Memo and search attributes are as the run has changed them since."""

    namespace: str
    workflow_id: str
    run_id: str
    first_execution_run_id: str
    """The first run of the chain of continue-as-new, retries and resets."""
    continued_run_id: str | None
    workflow_type: str
    task_queue: str
    attempt: int
    """Of the workflow's own retry policy, from 1."""
    start_time: datetime
    execution_timeout: timedelta | None
    run_timeout: timedelta | None
    retry_policy: RetryPolicy | None
    parent: ParentInfo | None
    root: RootInfo | None
    """The top of the tree of parents, if a workflow started it."""
    raw_memo: Mapping[str, RawValue]
    typed_search_attributes: TypedSearchAttributes
    headers: Mapping[str, RawValue]
    last_failure: FailureError | None
    """The failure of the last run of the same schedule or chain."""
    module_digest: str
    _runtime: Runtime
    _last_completion_result: Any

    def is_continue_as_new_suggested(self) -> bool:
        """True: it is time to continue as new."""
        return self._runtime.activation.continue_as_new_suggested

    def continue_as_new_reasons(self) -> list[ContinueAsNewReason]:
        """Why it is."""
        return [ContinueAsNewReason(reason.value) for reason in self._runtime.activation.reasons]

    def get_current_history_length(self) -> int:
        """Events before the present activation."""
        return self._runtime.activation.history_events

    def get_current_history_size(self) -> int:
        """Their size in bytes."""
        return self._runtime.activation.history_bytes

    def has_last_completion_result(self) -> bool:
        """True if the last run of the same schedule or chain left a result."""
        return self._last_completion_result is not None

    def last_completion_result(self, type_hint: Any = Any) -> Any:
        """That result."""
        return converter.decode(self._last_completion_result, type_hint)


def info() -> Info:
    """What this run knows of itself."""
    runtime = current()
    told = runtime.info
    changed = runtime.changed
    return Info(
        namespace=told.namespace,
        workflow_id=told.workflow_id,
        run_id=told.run_id,
        first_execution_run_id=told.first_run_id,
        continued_run_id=told.continued_run_id,
        workflow_type=told.workflow_type,
        task_queue=told.task_queue,
        attempt=told.attempt,
        start_time=datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=told.start_time_us),
        execution_timeout=from_milliseconds(told.execution_timeout_ms),
        run_timeout=from_milliseconds(told.run_timeout_ms),
        retry_policy=_retry_policy(told.retry_policy),
        parent=_identity(told.parent),
        root=_identity(told.root),
        raw_memo=_raw(attributes.after(told.memo, changed.memo)),
        typed_search_attributes=attributes.typed(
            attributes.after(told.search_attributes, changed.search_attributes)
        ),
        headers=_raw(dict(told.headers)),
        last_failure=None if told.last_failure is None else from_contract(told.last_failure),
        module_digest=told.module_digest,
        _runtime=runtime,
        _last_completion_result=told.last_completion_result,
    )


def _raw(payloads: Mapping[str, Any]) -> dict[str, RawValue]:
    return {name: converter.decode(payload, RawValue) for name, payload in payloads.items()}


def _identity(parent: Any) -> ParentInfo | None:
    return None if parent is None else ParentInfo(parent.namespace, parent.workflow_id, parent.run_id)


def _retry_policy(policy: Any) -> RetryPolicy | None:
    if policy is None:
        return None
    return RetryPolicy(
        from_milliseconds(policy.initial_interval_ms),
        policy.backoff_coefficient,
        from_milliseconds(policy.maximum_interval_ms),
        policy.maximum_attempts,
        policy.non_retryable_error_types,
    )
