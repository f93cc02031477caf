"""Activities."""

from datetime import timedelta

from common import activity, application, local_activity, retry, start
from dalsegno import workflow
from dalsegno.exceptions import ActivityError, TimeoutError, is_cancelled_exception
from dalsegno.workflow import ActivityCancellationType


@workflow.defn(name="activities-in-sequence")
class InSequence:
    @workflow.run
    async def run(self) -> list[str]:
        a = await activity("echo", "a")
        b = await activity("echo", a + "b")
        c = await activity("echo", b + "c")
        return [a, b, c]


@workflow.defn(name="activities-in-parallel")
class InParallel:
    @workflow.run
    async def run(self) -> list[int]:
        handles = [start("echo", number) for number in (1, 2, 3)]
        return [await handle for handle in handles]


@workflow.defn(name="activity-fails")
class Fails:
    @workflow.run
    async def run(self) -> None:
        await activity("decline", "4242")


@workflow.defn(name="activity-failure-caught")
class FailureCaught:
    @workflow.run
    async def run(self) -> dict:
        try:
            await activity("decline", "4242")
        except ActivityError as error:
            failure = application(error)
            return {
                "activity": error.activity_type,
                "attempts": error.attempts,
                "code": failure.details[0]["code"],
                "message": failure.message,
                "type": failure.type,
            }


@workflow.defn(name="activity-retried")
class Retried:
    @workflow.run
    async def run(self) -> int:
        return await activity("succeeds-at", 3, retry_policy=retry(5))


@workflow.defn(name="activity-attempts-used-up")
class AttemptsUsedUp:
    @workflow.run
    async def run(self) -> None:
        await activity("unavailable", "x", retry_policy=retry(2))


@workflow.defn(name="activity-type-not-retried")
class TypeNotRetried:
    @workflow.run
    async def run(self) -> int:
        try:
            await activity("unavailable", "x", retry_policy=retry(5, "Unavailable"))
        except ActivityError as error:
            return error.attempts


@workflow.defn(name="activity-options")
class Options:
    @workflow.run
    async def run(self) -> str:
        return await activity(
            "echo",
            "x",
            activity_id="my-id",
            schedule_to_close_timeout=timedelta(seconds=40),
            schedule_to_start_timeout=timedelta(seconds=20),
            start_to_close_timeout=timedelta(seconds=10),
            heartbeat_timeout=timedelta(seconds=5),
            retry_policy=retry(3),
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary="for people",
        )


@workflow.defn(name="activity-times-out")
class TimesOut:
    @workflow.run
    async def run(self) -> str:
        limit = timedelta(milliseconds=100)
        try:
            await activity("hang", start_to_close_timeout=limit, retry_policy=retry(1))
        except ActivityError as error:
            if isinstance(error.cause, TimeoutError):
                return "timed out"
            raise


class CancelsActivity:
    """What both scenarios do."""

    def __init__(self) -> None:
        self.gone = False

    @workflow.signal
    def go(self) -> None:
        self.gone = True

    async def cancel(self, **options) -> str:
        handle = start("hang", **options)
        await workflow.wait_condition(lambda: self.gone)
        handle.cancel()
        try:
            return await handle
        except ActivityError as error:
            if is_cancelled_exception(error):
                return "cancelled"
            raise


@workflow.defn(name="activity-cancelled")
class Cancelled(CancelsActivity):
    @workflow.run
    async def run(self) -> str:
        return await self.cancel()


@workflow.defn(name="activity-cancelled-and-awaited")
class CancelledAndAwaited(CancelsActivity):
    @workflow.run
    async def run(self) -> str:
        return await self.cancel(cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)


@workflow.defn(name="chain")
class Chain:
    @workflow.run
    async def run(self, n: int) -> int:
        for index in range(n):
            await activity("echo", index)
        return n


@workflow.defn(name="local-activities")
class LocalActivities:
    @workflow.run
    async def run(self) -> list[int]:
        return [await local_activity("echo", number) for number in (1, 2, 3)]
