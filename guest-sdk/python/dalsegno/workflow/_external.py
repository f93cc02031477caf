"""Other runs, by workflow id: signals and requests to cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._internal import contract
from .._internal.runtime import current
from . import _calls
from ._calls import NONE_GIVEN


class ExternalWorkflowHandle:
    """Another workflow, by its id. A message that was sent cannot be taken back."""

    def __init__(self, workflow_id: str, run_id: str | None, namespace: str | None) -> None:
        self._id = workflow_id
        self._run_id = run_id
        self._namespace = namespace

    @property
    def id(self) -> str:
        """Its workflow id."""
        return self._id

    @property
    def run_id(self) -> str | None:
        """Its run, if not the newest of the workflow id."""
        return self._run_id

    async def signal(
        self,
        signal: Any,
        arg: Any = NONE_GIVEN,
        *,
        args: Sequence[Any] | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        """Sends it a signal; done once that is in its history."""
        await send_signal(self._target(), signal, _calls.inputs(arg, args), headers, child_only=False)

    async def cancel(self, reason: str = "") -> None:
        """Asks it to cancel; done once that is in its history."""
        runtime = current()
        runtime.change(f"cancel the workflow `{self._id}`")
        number = contract.runs.cancel(self._target(), reason)
        await runtime.expect(number, f"request to cancel `{self._id}`", cancel_in_host=lambda _: True)

    def _target(self) -> Any:
        return contract.runs.Target(self._namespace, self._id, self._run_id)


def get_external_workflow_handle(
    workflow_id: str, *, run_id: str | None = None, namespace: str | None = None
) -> ExternalWorkflowHandle:
    """Another workflow, to be signalled or cancelled: in this namespace its newest run, by default."""
    return ExternalWorkflowHandle(workflow_id, run_id, namespace)


def get_external_workflow_handle_for(
    workflow: Any, workflow_id: str, *, run_id: str | None = None, namespace: str | None = None
) -> ExternalWorkflowHandle:
    """The same with its class or run method, which says nothing but which workflow is meant."""
    return get_external_workflow_handle(workflow_id, run_id=run_id, namespace=namespace)


async def send_signal(
    target: Any, signal: Any, payloads: list[Any], headers: Mapping[str, Any] | None, *, child_only: bool
) -> None:
    """Sends a signal to another run."""
    runtime = current()
    name = _calls.handler(signal)
    options = contract.runs.SignalOptions(child_only, _calls.headers(headers), [])
    runtime.change(f"send the signal `{name}`")
    number = contract.runs.signal(target, name, payloads, options)
    awaited = f"signal {name} to `{target.workflow_id}`"
    await runtime.expect(number, awaited, cancel_in_host=lambda _: True)
