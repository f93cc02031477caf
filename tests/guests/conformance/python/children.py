"""Children."""

from typing import Any

from common import activity, application
from dalsegno import workflow
from dalsegno.exceptions import ApplicationError, ChildWorkflowError, FailureError, is_cancelled_exception
from dalsegno.workflow import ParentClosePolicy


def child_id() -> str:
    """The workflow id of this run's child."""
    return f"{workflow.info().workflow_id}-child"


@workflow.defn(name="child-greets")
class Greets:
    @workflow.run
    async def run(self, name: str) -> str:
        return await activity("echo", f"Hello, {name}")


@workflow.defn(name="child-fails")
class Fails:
    @workflow.run
    async def run(self) -> None:
        raise ApplicationError("the child has failed", 1, type="ChildFailed")


@workflow.defn(name="child-waits")
class Waits:
    def __init__(self) -> None:
        self.notes: list[Any] = []
        self.finished = False

    @workflow.signal
    def note(self, value: Any) -> None:
        self.notes.append(value)

    @workflow.signal
    def finish(self) -> None:
        self.finished = True

    @workflow.run
    async def run(self) -> list[Any]:
        await workflow.wait_condition(lambda: self.finished)
        return self.notes


@workflow.defn(name="child-executed")
class Executed:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_child_workflow(Greets.run, "World", id=child_id())


@workflow.defn(name="child-failure")
class Failure:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_child_workflow(Fails.run, id=child_id())


@workflow.defn(name="child-failure-caught")
class FailureCaught:
    @workflow.run
    async def run(self) -> dict[str, str]:
        try:
            await workflow.execute_child_workflow(Fails.run, id=child_id())
        except ChildWorkflowError as error:
            failure = application(error)
            return {
                "message": failure.message,
                "type": failure.type,
                "workflow_id": error.workflow_id,
                "workflow_type": error.workflow_type,
            }
        return {}


@workflow.defn(name="child-cancelled")
class Cancelled:
    def __init__(self) -> None:
        self.gone = False

    @workflow.signal
    def go(self) -> None:
        self.gone = True

    @workflow.run
    async def run(self) -> Any:
        child = await workflow.start_child_workflow(Waits.run, id=child_id())
        await workflow.wait_condition(lambda: self.gone)
        child.cancel()
        try:
            return await child
        except ChildWorkflowError as error:
            if is_cancelled_exception(error):
                return "cancelled"
            raise


@workflow.defn(name="child-signalled")
class Signalled:
    @workflow.run
    async def run(self) -> list[Any]:
        child = await workflow.start_child_workflow(Waits.run, id=child_id())
        await child.signal(Waits.note, "from the parent")
        return await child


@workflow.defn(name="child-abandoned")
class Abandoned:
    @workflow.run
    async def run(self) -> str:
        child = await workflow.start_child_workflow(
            Waits.run, id=child_id(), parent_close_policy=ParentClosePolicy.ABANDON
        )
        return child.id


@workflow.defn(name="child-id-taken")
class IdTaken:
    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.start_child_workflow(Waits.run, id=child_id())
        except FailureError as error:
            return application(error).type
        return "started"


@workflow.defn(name="info-of-child")
class InfoOfChild:
    @workflow.run
    async def run(self) -> dict[str, Any]:
        return await workflow.execute_child_workflow("info", id=child_id())
