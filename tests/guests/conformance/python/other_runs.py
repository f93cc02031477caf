"""Other runs, by workflow id."""

from common import application
from dalsegno import workflow
from dalsegno.exceptions import FailureError


@workflow.defn(name="external")
class External:
    def __init__(self) -> None:
        self.gone = False

    @workflow.signal
    def go(self) -> None:
        self.gone = True

    @workflow.run
    async def run(self, target: str) -> str:
        other = workflow.get_external_workflow_handle(target)
        await other.signal("note", "from outside")
        await workflow.wait_condition(lambda: self.gone)
        await other.cancel()
        return "done"


@workflow.defn(name="external-missing")
class ExternalMissing:
    @workflow.run
    async def run(self) -> list[str]:
        nobody = workflow.get_external_workflow_handle("nobody")
        types = []
        try:
            await nobody.signal("note", "x")
        except FailureError as error:
            types.append(application(error).type)
        try:
            await nobody.cancel()
        except FailureError as error:
            types.append(application(error).type)
        return types
