"""What a request to cancel comes to: everything at once is given up, or a failure is made of it."""

import asyncio

from children import Waits, child_id
from common import activity
from dalsegno import workflow
from dalsegno.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from dalsegno.workflow import ChildWorkflowCancellationType, ParentClosePolicy


@workflow.defn(name="cancel-several")
class CancelSeveral:
    @workflow.run
    async def run(self) -> None:
        child = workflow.execute_child_workflow(
            Waits.run,
            id=child_id(),
            cancellation_type=ChildWorkflowCancellationType.TRY_CANCEL,
            parent_close_policy=ParentClosePolicy.ABANDON,
        )
        await asyncio.gather(activity("hang"), workflow.sleep(3600), child)


@workflow.defn(name="cancel-becomes-failure")
class CancelBecomesFailure:
    @workflow.run
    async def run(self) -> None:
        try:
            await activity("hang")
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise ApplicationError("not released", type="CleanUpFailed") from error
            raise
