"""The end of a run: how it closes, once, and what is said of the work that it leaves."""

from __future__ import annotations

from typing import Any

from ..exceptions import FailureError, is_cancelled_exception
from . import contract, logs
from .failures import cancelled_details, to_contract
from .runtime import Runtime


class ContinueAsNew(BaseException):
    """Leaves the code of a run that continues as new. Raised by `workflow.continue_as_new`."""

    def __init__(self, close: Any) -> None:
        super().__init__("the run continues as new")
        self.close = close


def complete(runtime: Runtime, result: Any) -> None:
    """Closes the run with its result, a payload."""
    if not runtime.closed:
        _say_what_is_left(runtime)
        contract.run.complete(result)
        runtime.closed = True


def fail(runtime: Runtime, error: BaseException) -> None:
    """Closes the run as failed, or as cancelled if that is what the error comes to."""
    if runtime.closed:
        return
    if is_answer_to_cancel(runtime, error):
        details = cancelled_details(error)
        _say_what_is_left(runtime)
        contract.run.cancelled(details)
    else:
        failure = to_contract(error)
        _say_what_is_left(runtime)
        contract.run.fail(failure)
    runtime.closed = True


def continue_as_new(runtime: Runtime, input: list[Any], options: Any) -> None:
    """Closes the run, and starts the next one with the signals that nobody took."""
    if runtime.closed:
        return
    _warn_of_work(runtime)
    options.carried_signals = runtime.signals.take_all()
    contract.run.continue_as_new(input, options)
    runtime.closed = True


def is_answer_to_cancel(runtime: Runtime, error: BaseException) -> bool:
    """True if the error is what the request to cancel comes to."""
    return runtime.cancel_requested and is_cancelled_exception(error)


def is_failure(error: BaseException, failure_types: tuple[type[BaseException], ...]) -> bool:
    """True of errors that fail the run; others are bugs of its code."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_failure(inner, failure_types) for inner in error.exceptions)
    return isinstance(error, (FailureError, TimeoutError, *failure_types)) or (
        not isinstance(error, Exception) and is_cancelled_exception(error)
    )


def _say_what_is_left(runtime: Runtime) -> None:
    _warn_of_work(runtime)
    for name, number in sorted(runtime.signals.numbers().items()):
        logs.write("warn", f"the run closes without having taken {number} signals named `{name}`", {})


def _warn_of_work(runtime: Runtime) -> None:
    runtime.loop.report_unheard()
    for name, number in sorted(runtime.handlers.to_warn_of().items()):
        logs.write("warn", f"the run closes while {number} handlers of {name} are at work", {})
