"""One run of a workflow, driven by hand."""

from __future__ import annotations

from typing import Any

from dalsegno import component
from dalsegno._internal import definition
from dalsegno._internal.run import Run

from .bindings import Err, Ok, modules, payload, recorder, texts

guest, types = modules["guest"], modules["types"]
SEED = bytes(range(32))
START_US = 1_700_000_000_000_000


def request(name: str, *arguments: Any, id: str = "") -> Any:
    """A call of a handler. Its headers say its name."""
    inputs = [payload(argument) for argument in arguments]
    return types.Request(id, name, inputs, [("of", payload(name))])


def signalled(name: str, *arguments: Any) -> Any:
    """A signal."""
    return guest.Event_Signalled(request(name, *arguments))


def resumed(operation: int, result: Any = None) -> Any:
    """The result of an operation."""
    return guest.Event_Resumed(guest.Resumption(operation, Ok(payload(result))))


def failed(operation: int, *causes: Any) -> Any:
    """The failure of an operation."""
    return guest.Event_Resumed(guest.Resumption(operation, Err(types.Failure(list(causes)))))


def application(type: str, message: str, *details: Any) -> Any:
    """A cause that user code raised."""
    failure = types.ApplicationFailure(type, False, [payload(detail) for detail in details], None)
    return types.Cause(message, "", types.CauseKind_Application(failure))


def activity_cause(name: str, id: str = "1") -> Any:
    """A cause that says which activity."""
    state = types.RetryState.NON_RETRYABLE_FAILURE
    return types.Cause(
        "activity failed", "", types.CauseKind_Activity(types.ActivityFailure(name, id, 1, state))
    )


def cancelled_cause() -> Any:
    """A cause that says: cancelled."""
    return types.Cause("activity cancelled", "", types.CauseKind_Cancelled([]))


class ActivationFailed(AssertionError):
    """The activation was a failed one."""

    def __init__(self, failure: Any) -> None:
        super().__init__(shown(failure))
        self.failure = failure


class Rig:
    """A run, and the host around it."""

    def __init__(self, workflow: type) -> None:
        recorder.reset()
        self.definition = getattr(workflow, definition.DEFINITION)
        recorder.info = info(self.definition.name)
        component._run = self.run = Run()
        self.guest = component.Guest()
        self.number = 0
        self.time_us = START_US
        self.suggested = False
        self.carried: list[Any] = []

    @classmethod
    def started(cls, workflow: type, *arguments: Any) -> Rig:
        """One that has begun."""
        rig = cls(workflow)
        rig.start(*arguments)
        return rig

    def start(self, *arguments: Any, events: tuple[Any, ...] = ()) -> None:
        """Begins, with further events in the same activation."""
        inputs = [payload(argument) for argument in arguments]
        start = guest.Start(self.definition.name, inputs, [], SEED, self.carried)
        self.activate(guest.Event_Started(start), *events)

    def activate(self, *events: Any) -> None:
        """Delivers events."""
        self.number += 1
        reasons = [guest.ContinueAsNewReason.HISTORY_EVENTS] if self.suggested else []
        activation = guest.Activation(
            self.number, self.time_us, False, 10, 1000, self.suggested, reasons, list(events)
        )
        try:
            self.guest.activate(activation)
        except Err as error:
            raise ActivationFailed(error.value) from None

    def resume(self, operation: int, result: Any = None) -> None:
        """Gives an operation its result."""
        self.activate(resumed(operation, result))

    def fail(self, operation: int, *causes: Any) -> None:
        """Gives an operation a failure."""
        self.activate(failed(operation, *causes))

    def signal(self, name: str, *arguments: Any) -> None:
        """Delivers a signal."""
        self.activate(signalled(name, *arguments))

    def cancel(self, reason: str = "") -> None:
        """Asks the run to cancel."""
        self.activate(guest.Event_CancelRequested(reason))

    def update(self, id: str, name: str, *arguments: Any) -> str | None:
        """Validates an update and, if that is accepted, delivers it. Gives the refusal."""
        update = request(name, *arguments, id=id)
        try:
            self.guest.validate_update(update)
        except Err as error:
            return shown(error.value)
        self.activate(guest.Event_UpdateAccepted(update))
        return None

    def query(self, name: str, *arguments: Any) -> str:
        """Asks; gives the answer or the failure."""
        try:
            return self.guest.query(request(name, *arguments)).data.decode()
        except Err as error:
            return shown(error.value)

    def calls(self) -> list[str]:
        """What was asked of the host since it was last looked at."""
        calls = [told(name, arguments) for name, arguments in recorder.calls]
        recorder.calls.clear()
        return calls

    def last(self, name: str) -> tuple[Any, ...]:
        """The arguments of the last call of a function."""
        return [arguments for called, arguments in recorder.calls if called == name][-1]


def shown(failure: Any) -> str:
    """A failure, for people."""
    return ": ".join(_shown(cause) for cause in failure.causes)


def _shown(cause: Any) -> str:
    if isinstance(cause.kind, types.CauseKind_Application):
        return f"[{cause.kind.value.type}] {cause.message}"
    return cause.message


def told(name: str, arguments: tuple[Any, ...]) -> str:
    """A call, for people."""
    match name, arguments:
        case ("activities.schedule", (activity, input, _)):
            return f"schedule {activity}({texts(input)})"
        case ("activities.schedule_local", (activity, input, _)):
            return f"local {activity}({texts(input)})"
        case ("timers.start", (milliseconds, _)):
            return f"timer {milliseconds} ms"
        case ("activities.cancel" | "timers.cancel" | "children.cancel", (number, *_)):
            return f"cancel {'activity timer child'.split()[('a', 't', 'c').index(name[0])]} {number}"
        case ("children.start", (workflow, input, options)):
            return f"start {workflow}({texts(input)}) as {options.workflow_id}"
        case ("runs.signal", (target, signal, input, _)):
            return f"signal {signal}({texts(input)}) to {target.workflow_id}"
        case ("runs.cancel", (target, reason)):
            return f"cancel {target.workflow_id} {reason}".rstrip()
        case ("run.complete", (result,)):
            return f"complete {texts([result])}"
        case ("run.fail", (failure,)):
            return f"fail {shown(failure)}"
        case ("run.cancelled", (details,)):
            return f"cancelled {texts(details)}".rstrip()
        case ("run.continue_as_new", (input, _)):
            return f"continue as new ({texts(input)})"
        case ("updates.complete", (id, result)):
            return f"complete update {id}: {texts([result])}"
        case ("updates.fail", (id, failure)):
            return f"fail update {id}: {shown(failure)}"
        case ("telemetry.call_site", (frames,)):
            return f"at {frames[0]}"
    return f"{name}{arguments!r}"


def info(workflow_type: str) -> Any:
    """What a run is told of itself."""
    return modules["run"].RunInfo(
        namespace="default",
        workflow_id="rig",
        run_id="run-1",
        first_run_id="run-1",
        continued_run_id=None,
        workflow_type=workflow_type,
        task_queue="default",
        attempt=1,
        start_time_us=START_US,
        execution_timeout_ms=None,
        run_timeout_ms=60_000,
        retry_policy=None,
        parent=None,
        root=None,
        memo=[("note", payload("kept"))],
        search_attributes=[],
        headers=[("of", payload("start"))],
        last_completion_result=None,
        last_failure=None,
        module_digest="sha256:0",
        extensions=[],
    )
