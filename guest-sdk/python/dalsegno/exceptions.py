"""The failures that workflow code raises and catches. Their chains are `__cause__`, the outermost first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import IntEnum
from typing import Any

__all__ = [
    "ActivityError",
    "ApplicationError",
    "CancelledError",
    "ChildWorkflowError",
    "DalsegnoError",
    "FailureError",
    "RetryState",
    "ServerError",
    "TerminatedError",
    "TimeoutError",
    "TimeoutType",
    "WorkflowAlreadyStartedError",
    "is_cancelled_exception",
]


class TimeoutType(IntEnum):
    """Which time limit was exceeded."""

    START_TO_CLOSE = 0
    SCHEDULE_TO_START = 1
    SCHEDULE_TO_CLOSE = 2
    HEARTBEAT = 3


class RetryState(IntEnum):
    """Why a failed activity or child was not tried again."""

    IN_PROGRESS = 0
    NON_RETRYABLE_FAILURE = 1
    TIMEOUT = 2
    MAXIMUM_ATTEMPTS_REACHED = 3
    RETRY_POLICY_NOT_SET = 4
    INTERNAL_SERVER_ERROR = 5
    CANCEL_REQUESTED = 6


class DalsegnoError(Exception):
    """The base of all errors of this package."""


class FailureError(DalsegnoError):
    """Why something failed. Raised out of a workflow, it fails the run.

    Any other exception out of a workflow is a bug of its code: the run is kept where it was. It does not get
    repaired code: terminate it, and start it anew.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._message = message
        # The stack trace of another language or host, if it came from there.
        self._stack_trace = ""

    @property
    def message(self) -> str:
        """What it says."""
        return self._message

    @property
    def cause(self) -> BaseException | None:
        """The next link of the chain: `__cause__`."""
        return self.__cause__

    @property
    def stack_trace(self) -> str:
        """Where it was raised, if that was outside of this run and is known."""
        return self._stack_trace


class _WithDetails(FailureError):
    def __init__(self, message: str, *details: Any) -> None:
        super().__init__(message)
        self._details = details
        # As they came, to be handed on byte for byte.
        self._payloads: Any = None

    @property
    def details(self) -> Sequence[Any]:
        """Values for those who handle the failure."""
        return self._details


class ApplicationError(_WithDetails):
    """A failure raised by your code, here or in an activity or a child.

    Retry policies match its type exactly.
    """

    def __init__(
        self,
        message: str,
        *details: Any,
        type: str | None = None,
        non_retryable: bool = False,
        next_retry_delay: timedelta | None = None,
    ) -> None:
        super().__init__(message, *details)
        self._type = type
        self._non_retryable = non_retryable
        self._next_retry_delay = next_retry_delay

    @property
    def type(self) -> str:
        """Its name for retry policies and callers: the name of the class, if no other was given."""
        return self.__class__.__name__ if self._type is None else self._type

    @property
    def non_retryable(self) -> bool:
        """True: trying again is of no use."""
        return self._non_retryable

    @property
    def next_retry_delay(self) -> timedelta | None:
        """Overrides the backoff before the next attempt."""
        return self._next_retry_delay


class CancelledError(_WithDetails):
    """Stopped by a cancellation; the cause of an `ActivityError` or a `ChildWorkflowError`, mostly.

    A cancelled task of your own gets an `asyncio.CancelledError`; `is_cancelled_exception` is true of both.
    """

    def __init__(self, message: str = "cancelled", *details: Any) -> None:
        super().__init__(message, *details)


class TerminatedError(FailureError):
    """The workflow was terminated."""


class ServerError(FailureError):
    """A failure of the host itself."""


class TimeoutError(FailureError):
    """A time limit of an activity or a child was exceeded.

    `asyncio.timeout`, `asyncio.wait_for` and `workflow.wait_condition` raise Python's own `TimeoutError`.
    """

    def __init__(
        self, message: str, *, type: TimeoutType | None = None, last_heartbeat_details: Sequence[Any] = ()
    ) -> None:
        super().__init__(message)
        self._type = type
        self._last_heartbeat_details = last_heartbeat_details
        self._payloads: Any = None

    @property
    def type(self) -> TimeoutType | None:
        """Which time limit."""
        return self._type

    @property
    def last_heartbeat_details(self) -> Sequence[Any]:
        """What the activity said last."""
        return self._last_heartbeat_details


class ActivityError(FailureError):
    """An activity has failed; why is its cause."""

    def __init__(
        self,
        message: str,
        *,
        activity_type: str,
        activity_id: str,
        attempts: int,
        retry_state: RetryState | None,
    ) -> None:
        super().__init__(message)
        self._activity_type = activity_type
        self._activity_id = activity_id
        self._attempts = attempts
        self._retry_state = retry_state

    @property
    def activity_type(self) -> str:
        """The name of the activity."""
        return self._activity_type

    @property
    def activity_id(self) -> str:
        """Which of the run's activities."""
        return self._activity_id

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return self._attempts

    @property
    def retry_state(self) -> RetryState | None:
        """Why it was not tried again."""
        return self._retry_state


class ChildWorkflowError(FailureError):
    """A child has failed, or could not be started; why is its cause."""

    def __init__(
        self,
        message: str,
        *,
        namespace: str,
        workflow_id: str,
        run_id: str,
        workflow_type: str,
        retry_state: RetryState | None,
    ) -> None:
        super().__init__(message)
        self._namespace = namespace
        self._workflow_id = workflow_id
        self._run_id = run_id
        self._workflow_type = workflow_type
        self._retry_state = retry_state

    @property
    def namespace(self) -> str:
        """Where the child lives."""
        return self._namespace

    @property
    def workflow_id(self) -> str:
        """The child's workflow id."""
        return self._workflow_id

    @property
    def run_id(self) -> str:
        """The child's run; empty if it was not started."""
        return self._run_id

    @property
    def workflow_type(self) -> str:
        """The child's type."""
        return self._workflow_type

    @property
    def retry_state(self) -> RetryState | None:
        """Why it was not tried again."""
        return self._retry_state


class WorkflowAlreadyStartedError(ApplicationError):
    """An open workflow has this id, so that no child can be started under it."""

    workflow_id = ""
    workflow_type = ""


class _CancelledActivityError(ActivityError, asyncio.CancelledError):
    """An activity that was given up because its task was cancelled: `asyncio` sees the cancellation in it."""


class _CancelledChildError(ChildWorkflowError, asyncio.CancelledError):
    """The same of a child."""


def is_cancelled_exception(error: BaseException) -> bool:
    """True of a cancellation: of this code, or of an activity or a child that it awaited.

    An error that code raises in answer to one is none.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(is_cancelled_exception(inner) for inner in error.exceptions)
    if isinstance(error, (ActivityError, ChildWorkflowError)) and error.__cause__ is not None:
        return is_cancelled_exception(error.__cause__)
    return isinstance(error, (CancelledError, asyncio.CancelledError))


def chain(error: BaseException) -> Iterator[BaseException]:
    """The links of a chain of causes, the outermost first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__
