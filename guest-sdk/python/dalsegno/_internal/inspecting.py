"""The built-in queries: what the run waits for, and what it can be asked."""

from __future__ import annotations

from typing import Any

from ..exceptions import FailureError
from . import frames
from .definition import Definition, Handler
from .failures import application
from .loop import Timer
from .operation import Operation
from .runtime import Runtime
from .tasks import WorkflowTask

# The query that tells what each task waits for.
STACK_TRACE = "__stack_trace"
# The query that tells the handlers.
METADATA = "__metadata"


def stack_trace(runtime: Runtime) -> str:
    """Each task by its name, and an indented line of what it waits for and where, innermost first."""
    if runtime.closed:
        return ""  # Its tasks never run again, whatever they wait for.
    timers = {id(timer._args[0]): timer for timer in runtime.operations.values() if _is_sleep(timer)}
    lines = []
    for task in runtime.loop.tasks:
        places = ", ".join(frames.task_places(task))
        waits = _awaited(getattr(task, "_fut_waiter", None), timers)
        lines.append(f"{task.get_name()}\n    {waits}{f', at {places}' if places else ''}")
    return "\n".join(lines)


def _is_sleep(operation: Any) -> bool:
    return isinstance(operation, Timer) and bool(operation._args)


def _awaited(future: Any, timers: dict[int, Timer]) -> str:
    if future is None:
        return "ready to run"
    if isinstance(future, Operation):
        return future.awaited
    if id(future) in timers:
        timer = timers[id(future)]
        return f"timer of {timer.delay:g} s (operation {timer.operation})"
    if isinstance(future, WorkflowTask):
        return f"task {future.get_name()}"
    children = getattr(future, "_children", None)
    if children is not None:
        return "all of " + ", ".join(_awaited(child, timers) for child in children if not child.done())
    return getattr(future, "awaited", "a future")


def metadata(definition: Definition, handlers: dict[str, dict[str | None, Handler]]) -> dict[str, Any]:
    """The workflow type and its handlers."""
    described = {kind: _described(table) for kind, table in handlers.items()}
    described["query"].append({"name": STACK_TRACE, "description": "What each task waits for."})
    described["query"].append({"name": METADATA, "description": "The handlers."})
    return {
        "workflow_type": definition.name,
        "description": definition.description,
        "signals": described["signal"],
        "queries": described["query"],
        "updates": described["update"],
        "dynamic_signals": None in handlers["signal"],
        "dynamic_queries": None in handlers["query"],
        "dynamic_updates": None in handlers["update"],
    }


def _described(handlers: dict[str | None, Handler]) -> list[dict[str, Any]]:
    named = (handler for handler in handlers.values() if handler.name is not None)
    return [{"name": handler.name, "description": handler.description} for handler in named]


def unknown(kind: str, name: str, handlers: dict[str, dict[str | None, Handler]]) -> FailureError:
    """The failure of calling a handler that does not exist: `UnknownQuery`, for example."""
    known = [own for own in handlers.get(kind.lower(), {}) if own is not None]
    if kind == "Query":
        known += [STACK_TRACE, METADATA]
    there = f"it has: {', '.join(known)}" if known else "it has none"
    message = f"the workflow has no {kind.lower()} named `{name}`; {there}"
    return application(f"Unknown{kind}", message, non_retryable=True)
