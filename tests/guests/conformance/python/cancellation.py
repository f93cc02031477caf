"""Cancellation: of the run, and of parts of it."""

import asyncio

from common import activity
from dalsegno import workflow
from dalsegno.exceptions import is_cancelled_exception


@workflow.defn(name="cancel-uncaught")
class Uncaught:
    @workflow.run
    async def run(self) -> None:
        await asyncio.sleep(3600)


@workflow.defn(name="cancel-caught")
class Caught:
    @workflow.run
    async def run(self) -> str:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return "caught"
        return "slept"


@workflow.defn(name="cancel-with-clean-up")
class WithCleanUp:
    @workflow.run
    async def run(self) -> None:
        try:
            await activity("hang")
        except asyncio.CancelledError:
            await asyncio.shield(activity("echo", "clean up"))
            raise


class Stops:
    """What both scenarios have."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.stopped: asyncio.Task | None = None

    @workflow.signal
    def stop(self) -> None:
        assert self.stopped is not None
        self.stopped.cancel()


@workflow.defn(name="inner-scope")
class InnerScope(Stops):
    @workflow.run
    async def run(self) -> list[str]:
        await asyncio.create_task(self.outer())
        return self.log

    async def outer(self) -> None:
        self.stopped = asyncio.create_task(activity("hang"))
        try:
            await self.stopped
        except asyncio.CancelledError:
            self.log.append("inner")
        await activity("echo", "after")
        self.log.append("outer goes on")


@workflow.defn(name="outer-scope")
class OuterScope(Stops):
    @workflow.run
    async def run(self) -> list[str]:
        self.stopped = asyncio.create_task(self.outer())
        try:
            await self.stopped
        except asyncio.CancelledError as error:
            assert is_cancelled_exception(error)
        await activity("echo", "after")
        self.log.append("main goes on")
        return self.log

    async def outer(self) -> None:
        try:
            await asyncio.create_task(self.inner())
        except asyncio.CancelledError:
            self.log.append("outer")
            raise

    async def inner(self) -> None:
        try:
            await activity("hang")
        except asyncio.CancelledError:
            self.log.append("inner")
            raise
