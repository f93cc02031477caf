"""One run: applies events, runs the loop, answers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable
from typing import Any

from .. import converter
from ..exceptions import FailureError, is_cancelled_exception
from . import closing, contract, frames, inspecting, lines
from .arguments import raw
from .definition import Definition, Handler, registry
from .failures import BAD_ARGUMENTS, application, to_contract
from .runtime import Runtime, handling

# Garbage is collected at fixed points only: what it ends (asynchronous generators, say) may ask something of
# the host.
ACTIVATIONS_PER_COLLECTION = 256


class Run:
    """The run that this component lives for."""

    def __init__(self) -> None:
        self.runtime = Runtime()
        self.runtime.run = self
        self.definition: Definition | None = None
        # None if the arguments did not fit.
        self.instance: Any = None
        self.handlers: dict[str, dict[str | None, Handler]] = {}
        self._main: Any = None
        # True while events of the activation are left.
        self._applying = False
        # True once the main routine knows that it is to end.
        self._main_knows = False

    def activate(self, activation: Any) -> None:
        """Delivers events, then runs until everything waits.

        Raises what is a bug of the code; the host discards what this activation asked for.
        """
        runtime = self.runtime
        runtime.begin(activation)
        gc.disable()
        runtime.loop.set_running(True)
        try:
            with lines.told() if runtime.call_sites else contextlib.nullcontext():
                self._advance(activation.events)
        finally:
            runtime.loop.set_running(False)
        if activation.number % ACTIVATIONS_PER_COLLECTION == 0:
            gc.collect()

    def _advance(self, events: list[Any]) -> None:
        self._applying = True
        for event in events:
            if not self.runtime.closed:
                self._apply(event)
        self._applying = False
        self.runtime.go()

    def _apply(self, event: Any) -> None:
        guest = contract.guest
        if isinstance(event, guest.Event_Resumed):
            self.runtime.resolve(event.value.operation, event.value.outcome)
        elif isinstance(event, guest.Event_Started):
            self._start(event.value)
        elif isinstance(event, guest.Event_Signalled):
            self._signal(event.value)
        elif isinstance(event, guest.Event_UpdateAccepted):
            self._update(event.value)
        elif isinstance(event, guest.Event_CancelRequested):
            self._cancel(event.value)
        elif isinstance(event, guest.Event_Reseeded):
            self.runtime.seed(event.value)

    def _start(self, start: Any) -> None:
        definition = registry.get(start.workflow_type)
        if definition is None:
            message = f"this module has no workflow type `{start.workflow_type}`"
            raise application("UnknownWorkflowType", message)
        self.runtime.seed(bytes(start.seed))
        self.definition = definition
        self.handlers = {kind: dict(definition.handlers(kind)) for kind in ("signal", "query", "update")}
        try:
            arguments = definition.parameters.read(start.input)
        except FailureError as failure:
            # Whoever starts a run with wrong arguments learns it as the run's result.
            closing.fail(self.runtime, failure)
            return
        try:
            self.instance = definition.cls(*arguments) if definition.init_takes_input else definition.cls()
        except Exception as error:
            self._ended(error)
            return
        self._main = self.runtime.loop.create_task(self._run_main(arguments), name="run")
        for signal in start.carried_signals:
            self._signal(signal)

    async def _run_main(self, arguments: list[Any]) -> None:
        assert self.definition is not None
        try:
            result = await self.definition.run(self.instance, *arguments)
            closing.complete(self.runtime, _returned(self.definition.run, result))
        except GeneratorExit:
            raise
        except BaseException as error:
            self._ended(error)

    def _ended(self, error: BaseException) -> None:
        """The error came out of the main routine, or of a handler of a signal."""
        if isinstance(error, closing.ContinueAsNew):
            self._continue_as_new(error)
        elif self._is_failure(error):
            closing.fail(self.runtime, error)
        else:
            self.runtime.report_bug(error)

    def _continue_as_new(self, request: closing.ContinueAsNew) -> None:
        # A handler begins while events are left: signals to be carried, or a request to cancel.
        if self._applying:
            self.runtime.loop.call_soon(self._continue_as_new, request)
        elif self.runtime.cancel_requested and not self._main_knows:
            # The new run would know nothing of the request.
            closing.fail(self.runtime, asyncio.CancelledError())
        else:
            request.close()

    def _is_failure(self, error: BaseException) -> bool:
        assert self.definition is not None
        return closing.is_failure(error, self.definition.failure_types)

    def _cancel(self, reason: str) -> None:
        self.runtime.cancel_requested = True
        # Behind the outcomes of the same activation: they are not lost.
        if self._main is not None:
            self.runtime.loop.call_soon(self._tell_main, reason or None)

    def _tell_main(self, reason: str | None) -> None:
        self._main_knows = True
        self._main.cancel(reason)

    def handler(self, kind: str, name: str) -> Handler | None:
        """The handler of a name, or else the dynamic one."""
        handlers = self.handlers.get(kind, {})
        return handlers.get(name) or handlers.get(None)

    def _call(self, handler: Handler, function: Callable[..., Any], request: Any) -> Callable[[], Any]:
        """What calls the handler with its arguments.

        Raises a failure of the type `BadArguments`.
        """
        if handler.name is None:
            arguments = [request.name, raw(request.input)]
        else:
            arguments = handler.parameters.read(request.input)
        if not handler.bound:
            arguments = [self.instance, *arguments]
        return lambda: function(*arguments)

    def _signal(self, signal: Any) -> None:
        # A carried signal may come after one whose handler has failed the run.
        if self.instance is None or self.runtime.closed:
            return
        handler = self.handler("signal", signal.name)
        if handler is None:
            self.runtime.signals.push(signal)
        else:
            self.take_signal(handler, signal)

    def take_signal(self, handler: Handler, signal: Any) -> None:
        """Runs the handler of a signal, or begins to."""
        try:
            call = self._call(handler, handler.function, signal)
        except FailureError as failure:
            # Nothing is lost: the run goes on with this signal when the code is repaired.
            raise application(BAD_ARGUMENTS, f"signal `{signal.name}`: {failure.message}") from failure
        with handling("signal", signal):
            if handler.is_async:
                name = f"signal {signal.name}"
                work = self.runtime.handlers.begin(name, handler.policy, call)
                self.runtime.spawn_handler(name, self._run_signal(work))
                return
            try:
                call()
            except BaseException as error:
                self._ended(error)

    async def _run_signal(self, work: Callable[[], Any]) -> None:
        try:
            await work()
        except GeneratorExit:
            raise
        except BaseException as error:
            # What a request to cancel comes to is for the main routine to say.
            if not closing.is_answer_to_cancel(self.runtime, error):
                self._ended(error)

    def _update(self, update: Any) -> None:
        """Begins an update. Whatever comes of it is the caller's to know, not the run's."""
        if self.instance is None:
            return
        handler = self.handler("update", update.name)
        if handler is None:
            self._refuse_update(update, inspecting.unknown("Update", update.name, self.handlers))
            return
        try:
            call = self._call(handler, handler.function, update)
        except FailureError as failure:
            self._refuse_update(update, failure)
            return
        with handling("update", update):
            if handler.is_async:
                name = f"update {update.name}"
                work = self.runtime.handlers.begin(name, handler.policy, call)
                self.runtime.spawn_handler(name, self._run_update(update, handler, work))
                return
            try:
                self._answer_update(update, _returned(handler.function, call()))
            except BaseException as error:
                self._update_ended(update, error)

    async def _run_update(self, update: Any, handler: Handler, work: Callable[[], Any]) -> None:
        try:
            self._answer_update(update, _returned(handler.function, await work()))
        except GeneratorExit:
            raise
        except BaseException as error:
            self._update_ended(update, error)

    def _answer_update(self, update: Any, result: Any) -> None:
        if not self.runtime.closed:
            contract.updates.complete(update.id, result)

    def _update_ended(self, update: Any, error: BaseException) -> None:
        if isinstance(error, closing.ContinueAsNew):
            self._continue_as_new(error)
        elif self._is_failure(error) or is_cancelled_exception(error):
            self._refuse_update(update, error)
        else:
            self.runtime.report_bug(error)

    def _refuse_update(self, update: Any, error: BaseException) -> None:
        if not self.runtime.closed:
            contract.updates.fail(update.id, to_contract(error))

    def validate_update(self, update: Any) -> None:
        """Decides whether an update is accepted.

        Raises the validator's error; `UnknownUpdate`; `BadArguments`.
        """
        self._expect_started()
        handler = self.handler("update", update.name)
        if handler is None:
            raise inspecting.unknown("Update", update.name, self.handlers)
        call = self._call(handler, handler.validator or (lambda *_: None), update)
        with handling("update", update), self.runtime.read_only("a validator"):
            call()

    def query(self, query: Any) -> Any:
        """Answers a query.

        Raises the handler's error; `UnknownQuery`; `BadArguments`.
        """
        if self.definition is None:
            raise _not_started()
        if query.name == inspecting.STACK_TRACE:
            return converter.to_contract(inspecting.stack_trace(self.runtime))
        if query.name == inspecting.METADATA:
            return converter.to_contract(inspecting.metadata(self.definition, self.handlers))
        self._expect_started()
        handler = self.handler("query", query.name)
        if handler is None:
            raise inspecting.unknown("Query", query.name, self.handlers)
        call = self._call(handler, handler.function, query)
        with handling("query", query), self.runtime.read_only("a query"):
            return _returned(handler.function, call())

    def _expect_started(self) -> None:
        if self.instance is None:
            raise _not_started()


def _returned(function: Callable[..., Any], result: Any) -> Any:
    """The payload of what user code has returned. No traceback would show where: it has ended."""
    try:
        return converter.to_contract(result)
    except (TypeError, ValueError) as error:
        name = getattr(function, "__qualname__", repr(function))
        why = f"what `{name}` returned{frames.where(function)} has no JSON form: {error}"
    raise TypeError(why)


def _not_started() -> FailureError:
    message = "the workflow has not begun, or not with these arguments"
    return application("NotStarted", message, non_retryable=True)
