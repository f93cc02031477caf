"""Children: workflows started by this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import IntEnum
from typing import Any

from .._internal import attributes, contract
from .._internal.durations import optional_milliseconds
from .._internal.failures import child_cancelled
from .._internal.operation import Operation
from .._internal.runtime import Runtime, current
from ..common import RetryPolicy, TypedSearchAttributes, WorkflowIDReusePolicy
from ..exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError
from . import _calls, _external
from ._calls import NONE_GIVEN


class ChildWorkflowCancellationType(IntEnum):
    """What cancelling waits for."""

    WAIT_CANCELLATION_COMPLETED = 0
    TRY_CANCEL = 1
    WAIT_CANCELLATION_REQUESTED = 2
    ABANDON = 3


_WAIT = ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED


class ParentClosePolicy(IntEnum):
    """What happens to the child when this run closes."""

    TERMINATE = 0
    ABANDON = 1
    REQUEST_CANCEL = 2


class ModulePolicy(IntEnum):
    """Which module the child runs: this run's own if it has the type, or the current one of the type."""

    INHERIT = 0
    CURRENT = 1


class ChildWorkflowHandle(Operation):
    """A child that is durably started: the future of its result.

    Cancelling it, or the task that awaits it, asks the child to cancel; awaiting it then gives what its
    cancellation type waits for.
    """

    def __init__(self, child: _Child, number: int, result: Any) -> None:
        self._child = child
        super().__init__(
            child.runtime, number, child.named("child"), **child.cancelling(number), result=result
        )

    @property
    def id(self) -> str:
        """The child's workflow id."""
        return self._child.workflow_id

    @property
    def first_execution_run_id(self) -> str:
        """The id of its first run."""
        return self._child.run_id

    async def signal(
        self,
        signal: Any,
        arg: Any = NONE_GIVEN,
        *,
        args: Sequence[Any] | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        """Sends it a signal; done once that is in the child's history."""
        target = contract.runs.Target(self._child.namespace, self.id, None)
        await _external.send_signal(target, signal, _calls.inputs(arg, args), headers, child_only=True)


class _Child:
    """Which child it is."""

    def __init__(self, runtime: Runtime, namespace: str | None, workflow_id: str, workflow_type: str) -> None:
        self.runtime = runtime
        self.namespace = namespace
        self.workflow_id = workflow_id
        self.workflow_type = workflow_type
        self.run_id = ""
        self.cancel_requested = False

    def named(self, what: str) -> str:
        return f"{what} {self.workflow_type} `{self.workflow_id}`"

    def cancelling(self, closed: int) -> dict[str, Any]:
        """How either of its operations is cancelled: by the end of the child, and once."""

        def cancel_in_host(reason: str) -> bool:
            if self.cancel_requested:
                return False
            self.cancel_requested = True
            self.runtime.change(f"cancel the child `{self.workflow_id}`")
            return contract.children.cancel(closed, reason)

        return {"cancel_in_host": cancel_in_host, "cancelled": self._cancelled}

    def _cancelled(self, _: str) -> FailureError:
        namespace = self.runtime.info.namespace if self.namespace is None else self.namespace
        return child_cancelled(namespace, self.workflow_id, self.run_id, self.workflow_type)


async def start_child_workflow(
    workflow: Any,
    arg: Any = NONE_GIVEN,
    *,
    args: Sequence[Any] | None = None,
    id: str | None = None,
    namespace: str | None = None,
    task_queue: str | None = None,
    result_type: Any = None,
    cancellation_type: ChildWorkflowCancellationType = _WAIT,
    parent_close_policy: ParentClosePolicy = ParentClosePolicy.TERMINATE,
    module_policy: ModulePolicy = ModulePolicy.INHERIT,
    execution_timeout: timedelta | None = None,
    run_timeout: timedelta | None = None,
    id_reuse_policy: WorkflowIDReusePolicy = WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    retry_policy: RetryPolicy | None = None,
    memo: Mapping[str, Any] | None = None,
    search_attributes: TypedSearchAttributes | None = None,
    static_summary: str | None = None,
    headers: Mapping[str, Any] | None = None,
) -> ChildWorkflowHandle:
    """Starts a child, and waits until it is durably started. A random id is made if none is given.

    Raises `WorkflowAlreadyStartedError` if an open workflow has the id.
    """
    runtime = current()
    name, result = _calls.workflow(workflow, result_type)
    workflow_id = runtime.random_id() if id is None else id
    options = contract.children.Options(
        workflow_id,
        namespace,
        task_queue,
        optional_milliseconds(execution_timeout),
        optional_milliseconds(run_timeout),
        _calls.retry_policy(retry_policy),
        contract.children.IdReusePolicy(int(id_reuse_policy) - 1),
        contract.children.ParentClosePolicy(int(parent_close_policy)),
        contract.children.CancellationType(int(cancellation_type)),
        contract.children.ModulePolicy(int(module_policy)),
        attributes.memo_fields(memo or {}),
        attributes.pairs(search_attributes),
        static_summary,
        _calls.headers(headers),
        [],
    )
    payloads = _calls.inputs(arg, args)
    runtime.change(f"start the child `{name}`")
    operations = contract.children.start(name, payloads, options)
    child = _Child(runtime, namespace, workflow_id, name)
    # The child may end in the same activation in which it starts.
    handle = ChildWorkflowHandle(child, operations.closed, result)
    started = runtime.expect(
        operations.started, child.named("start of child"), **child.cancelling(operations.closed), result=str
    )
    try:
        child.run_id = await started
    except ApplicationError as error:
        raise _already_started(error, child) from error.__cause__
    return handle


def _already_started(error: ApplicationError, child: _Child) -> ApplicationError:
    if error.type == "WorkflowAlreadyRunning":
        error.__class__ = WorkflowAlreadyStartedError
        error.workflow_id, error.workflow_type = child.workflow_id, child.workflow_type  # type: ignore[attr-defined]
    return error


async def execute_child_workflow(workflow: Any, arg: Any = NONE_GIVEN, **options: Any) -> Any:
    """Starts a child, and waits for its result. Options are those of `start_child_workflow`."""
    return await (await start_child_workflow(workflow, arg, **options))
