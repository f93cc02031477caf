"""Every option there is of local activities, children and runs that follow."""

from datetime import timedelta

from children import Greets, child_id
from common import retry
from dalsegno import workflow
from dalsegno.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from dalsegno.workflow import (
    ActivityCancellationType,
    ChildWorkflowCancellationType,
    ModulePolicy,
    ParentClosePolicy,
)

IN_ICELAND = TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_keyword("Region"), "IS")])


@workflow.defn(name="local-activity-options")
class LocalActivityOptions:
    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_local_activity(
            "succeeds-at",
            2,
            activity_id="my-id",
            schedule_to_close_timeout=timedelta(seconds=40),
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=retry(3),
            local_retry_threshold=timedelta(seconds=30),
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary="for people",
        )


@workflow.defn(name="child-options")
class ChildOptions:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_child_workflow(
            Greets.run,
            "World",
            id=child_id(),
            execution_timeout=timedelta(seconds=80),
            run_timeout=timedelta(seconds=40),
            retry_policy=retry(3),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_REQUESTED,
            module_policy=ModulePolicy.CURRENT,
            memo={"note": "of the child"},
            search_attributes=IN_ICELAND,
            static_summary="for people",
        )


@workflow.defn(name="continue-as-new-options")
class ContinueAsNewOptions:
    @workflow.run
    async def run(self) -> str:
        workflow.continue_as_new(
            "again",
            workflow="child-greets",
            run_timeout=timedelta(seconds=40),
            retry_policy=retry(3),
            memo={"note": "of the next run"},
            search_attributes=IN_ICELAND,
        )
