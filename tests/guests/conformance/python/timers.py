"""Timers, time limits and conditions."""

import asyncio
from datetime import timedelta

from common import activity, start
from dalsegno import workflow


@workflow.defn(name="timer")
class Timer:
    @workflow.run
    async def run(self) -> str:
        await asyncio.sleep(0.05)
        return "fired"


@workflow.defn(name="timers-in-order-of-firing")
class InOrderOfFiring:
    @workflow.run
    async def run(self) -> list[str]:
        async def fire(name: str, milliseconds: int) -> str:
            await workflow.sleep(timedelta(milliseconds=milliseconds))
            return name

        timers = [fire("a", 900), fire("b", 100), fire("c", 500)]
        return [await fired for fired in asyncio.as_completed(timers)]


@workflow.defn(name="timer-cancelled")
class TimerCancelled:
    def __init__(self) -> None:
        self.gone = False

    @workflow.signal
    def go(self) -> None:
        self.gone = True

    @workflow.run
    async def run(self) -> str:
        timer = asyncio.create_task(asyncio.sleep(3600))
        await workflow.wait_condition(lambda: self.gone)
        timer.cancel()
        try:
            await timer
        except asyncio.CancelledError:
            return "cancelled"
        return "fired"


@workflow.defn(name="race")
class Race:
    @workflow.run
    async def run(self) -> str:
        hanging = start("hang")
        timer = asyncio.create_task(asyncio.sleep(0.05))
        done, _ = await asyncio.wait([hanging, timer], return_when=asyncio.FIRST_COMPLETED)
        assert done == {timer}
        hanging.cancel()
        return "timer"


@workflow.defn(name="timeout")
class Timeout:
    @workflow.run
    async def run(self) -> list[str]:
        async with asyncio.timeout(3600):
            first = await activity("echo", "in time")
        try:
            async with asyncio.timeout(0.05):
                second = await activity("hang")
        except TimeoutError:
            second = "cut off"
        return [first, second]


@workflow.defn(name="condition")
class Condition:
    def __init__(self) -> None:
        self.was_set = False

    @workflow.signal
    def set(self) -> None:
        self.was_set = True

    @workflow.run
    async def run(self, milliseconds: int) -> bool:
        try:
            await workflow.wait_condition(lambda: self.was_set, timeout=timedelta(milliseconds=milliseconds))
            met = True
        except TimeoutError:
            met = False
        await activity("echo", met)
        return met
