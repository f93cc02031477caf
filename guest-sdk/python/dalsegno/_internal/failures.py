"""Chains of exceptions to failures of the contract, and back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from .. import converter, exceptions
from ..exceptions import FailureError, RetryState, TimeoutType
from . import contract, frames
from .durations import milliseconds

BAD_ARGUMENTS = "BadArguments"
# Longer chains are cut: nobody reads them.
CAUSES_MAX = 50


def from_contract(failure: Any) -> FailureError:
    """The outermost link of the chain, the others as its causes."""
    if not failure.causes:
        return exceptions.ServerError("the host gave a failure without a cause")
    inner: FailureError | None = None
    for cause in reversed(failure.causes):
        error = _read(cause)
        error.__cause__ = inner
        inner = error
    assert inner is not None
    return inner


def _read(cause: Any) -> FailureError:
    types, kind = contract.types, cause.kind
    error: FailureError
    if isinstance(kind, types.CauseKind_Application):
        error = _read_application(cause.message, kind.value)
    elif isinstance(kind, types.CauseKind_Activity):
        activity = kind.value
        error = exceptions.ActivityError(
            cause.message,
            activity_type=activity.activity_type,
            activity_id=activity.activity_id,
            attempts=activity.attempts,
            retry_state=RetryState(activity.retry_state.value),
        )
    elif isinstance(kind, types.CauseKind_ChildWorkflow):
        child = kind.value
        error = exceptions.ChildWorkflowError(
            cause.message,
            namespace=child.namespace,
            workflow_id=child.workflow_id,
            run_id=child.run_id,
            workflow_type=child.workflow_type,
            retry_state=RetryState(child.retry_state.value),
        )
    elif isinstance(kind, types.CauseKind_Cancelled):
        error = exceptions.CancelledError(cause.message, *_details(kind.value))
        error._payloads = kind.value
    elif isinstance(kind, types.CauseKind_Timeout):
        details = kind.value.last_heartbeat_details
        timeout_type = TimeoutType(kind.value.kind.value)
        error = exceptions.TimeoutError(
            cause.message, type=timeout_type, last_heartbeat_details=_details(details)
        )
        error._payloads = details
    elif isinstance(kind, types.CauseKind_Terminated):
        error = exceptions.TerminatedError(cause.message)
    else:
        error = exceptions.ServerError(cause.message)
    error._stack_trace = cause.stack_trace
    return error


def _read_application(message: str, application: Any) -> exceptions.ApplicationError:
    delay = application.next_retry_delay_ms
    error = exceptions.ApplicationError(
        message,
        *_details(application.details),
        type=application.type,
        non_retryable=application.non_retryable,
        next_retry_delay=None if delay is None else timedelta(milliseconds=delay),
    )
    error._payloads = application.details
    return error


def _details(payloads: list[Any]) -> tuple[Any, ...]:
    return tuple(converter.decode(payload) for payload in payloads)


def application(
    failure_type: str, message: str, *, non_retryable: bool = False
) -> exceptions.ApplicationError:
    """A failure that the SDK itself raises."""
    return exceptions.ApplicationError(message, type=failure_type, non_retryable=non_retryable)


def to_contract(error: BaseException) -> Any:
    """The error with its causes.

    Exceptions of other types become application failures named by their class.
    """
    causes: list[Any] = []
    for link in _links(error):
        stack_trace = getattr(link, "_stack_trace", "") or frames.stack_trace(link)
        causes.append(contract.types.Cause(_message(link), stack_trace, _kind(link)))
        if len(causes) == CAUSES_MAX:
            break
    return contract.types.Failure(causes)


def _links(error: BaseException) -> Any:
    for link in exceptions.chain(error):
        yield link
        if isinstance(link, BaseExceptionGroup) and link.__cause__ is None:
            # A chain has no branches: the first failure of a group stands for all.
            yield from _links(link.exceptions[0])


def _message(error: BaseException) -> str:
    if isinstance(error, FailureError):
        return error.message
    if isinstance(error, asyncio.CancelledError):
        return f"cancelled: {error}" if str(error) else "cancelled"
    return str(error)


def _kind(error: BaseException) -> Any:
    types = contract.types
    if isinstance(error, exceptions.ApplicationError):
        delay = error.next_retry_delay
        payloads = _payloads(error, error.details)
        delay_ms = None if delay is None else milliseconds(delay)
        failure = types.ApplicationFailure(error.type, error.non_retryable, payloads, delay_ms)
        return types.CauseKind_Application(failure)
    if isinstance(error, exceptions.ActivityError):
        state = _retry_state(error.retry_state)
        activity = types.ActivityFailure(error.activity_type, error.activity_id, error.attempts, state)
        return types.CauseKind_Activity(activity)
    if isinstance(error, exceptions.ChildWorkflowError):
        state = _retry_state(error.retry_state)
        child = types.ChildWorkflowFailure(
            error.namespace, error.workflow_id, error.run_id, error.workflow_type, state
        )
        return types.CauseKind_ChildWorkflow(child)
    if isinstance(error, exceptions.CancelledError):
        return types.CauseKind_Cancelled(_payloads(error, error.details))
    if isinstance(error, asyncio.CancelledError):
        return types.CauseKind_Cancelled([])
    if isinstance(error, exceptions.TimeoutError):
        kind = types.TimeoutKind((error.type or TimeoutType.START_TO_CLOSE).value)
        details = _payloads(error, error.last_heartbeat_details)
        return types.CauseKind_Timeout(types.TimeoutFailure(kind, details))
    if isinstance(error, exceptions.TerminatedError):
        return types.CauseKind_Terminated()
    if isinstance(error, exceptions.ServerError):
        return types.CauseKind_Server()
    return types.CauseKind_Application(types.ApplicationFailure(type(error).__name__, False, [], None))


def _retry_state(state: RetryState | None) -> Any:
    return contract.types.RetryState((state or RetryState.IN_PROGRESS).value)


def _payloads(error: Any, details: Any) -> list[Any]:
    if error._payloads is not None:
        return error._payloads
    return [converter.to_contract(detail) for detail in details]


def as_cancellation(error: FailureError) -> FailureError:
    """The error that ends a cancelled operation, in a form that `asyncio` takes as a cancellation too."""
    if exceptions.is_cancelled_exception(error):
        if type(error) is exceptions.ActivityError:
            error.__class__ = exceptions._CancelledActivityError
        elif type(error) is exceptions.ChildWorkflowError:
            error.__class__ = exceptions._CancelledChildError
    return error


def activity_cancelled(activity_type: str, activity_id: str) -> FailureError:
    """An activity that was given up because it was cancelled."""
    error = exceptions._CancelledActivityError(
        "activity cancelled",
        activity_type=activity_type,
        activity_id=activity_id,
        attempts=1,
        retry_state=RetryState.CANCEL_REQUESTED,
    )
    error.__cause__ = exceptions.CancelledError("activity cancelled")
    return error


def child_cancelled(namespace: str, workflow_id: str, run_id: str, workflow_type: str) -> FailureError:
    """A child that was given up because it was cancelled."""
    error = exceptions._CancelledChildError(
        "child workflow cancelled",
        namespace=namespace,
        workflow_id=workflow_id,
        run_id=run_id,
        workflow_type=workflow_type,
        retry_state=RetryState.CANCEL_REQUESTED,
    )
    error.__cause__ = exceptions.CancelledError("child workflow cancelled")
    return error


def cancelled_details(error: BaseException) -> list[Any]:
    """What the cancelled side said of its cancellation."""
    if isinstance(error, BaseExceptionGroup):
        return cancelled_details(error.exceptions[0])
    *_, root = exceptions.chain(error)
    return _payloads(root, root.details) if isinstance(root, exceptions.CancelledError) else []
