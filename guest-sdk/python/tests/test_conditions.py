"""Waiting until something holds."""

import asyncio
import math
import unittest
from datetime import timedelta
from typing import Any

from dalsegno import workflow

from .rig import ActivationFailed, Rig, resumed, signalled


@workflow.defn
class Counter:
    @workflow.init
    def __init__(self, wanted: int, seconds: float) -> None:
        self.count = 0

    @workflow.run
    async def run(self, wanted: int, seconds: float) -> bool:
        try:
            await workflow.wait_condition(lambda: self.count >= wanted, timeout=seconds)
        except TimeoutError:
            return False
        return True

    @workflow.signal
    def add(self, number: int) -> None:
        self.count += number


@workflow.defn
class Mistaken:
    @workflow.run
    async def run(self, what: str) -> None:
        if what == "async":
            await workflow.wait_condition(self.holds)  # type: ignore[arg-type]
        if what == "value":
            await workflow.wait_condition(False)  # type: ignore[arg-type]
        if what == "past":
            await workflow.sleep(timedelta(seconds=-1))
        if what == "eternity":
            await asyncio.sleep(1e18)
        if what == "for ever":
            await workflow.sleep(math.inf)

    async def holds(self) -> bool:
        return False


@workflow.defn
class Turns:
    """Each takes the lock when it is free."""

    def __init__(self) -> None:
        self.locked = True
        self.log: list[Any] = []

    @workflow.run
    async def run(self) -> list[Any]:
        await asyncio.gather(self.take("a"), self.take("b"))
        return self.log

    async def take(self, name: str) -> None:
        await workflow.wait_condition(lambda: not self.locked)
        self.log.append([name, self.locked])
        self.locked = True
        await asyncio.sleep(1)
        self.locked = False

    @workflow.signal
    def unlock(self) -> None:
        self.locked = False


class Conditions(unittest.TestCase):
    def test_a_condition_is_tried_after_each_signal(self) -> None:
        rig = Rig.started(Counter, 3, 60)
        self.assertEqual(rig.calls(), ["timer 60000 ms"])
        rig.signal("add", 2)
        self.assertEqual(rig.calls(), [])
        rig.signal("add", 1)
        self.assertEqual(rig.calls(), ["cancel timer 1", "complete true"])

    def test_one_that_holds_already_starts_no_timer(self) -> None:
        self.assertEqual(Rig.started(Counter, 0, 60).calls(), ["complete true"])

    def test_the_time_limit_raises(self) -> None:
        rig = Rig.started(Counter, 3, 60)
        rig.resume(1)
        self.assertEqual(rig.calls()[1:], ["complete false"])

    def test_one_that_holds_when_the_time_is_over_holds(self) -> None:
        rig = Rig.started(Counter, 3, 60)
        rig.activate(resumed(1), signalled("add", 3))
        self.assertEqual(rig.calls()[1:], ["complete true"])

    def test_what_is_no_condition_and_no_duration_is_told(self) -> None:
        for what, words in [
            ("async", "a condition is a function that is not `async`"),
            ("value", "a condition is a function that is not `async`"),
            ("past", r"cannot sleep for datetime.timedelta\(days=-1"),
            ("eternity", r"cannot wait for 1e\+18 seconds: the longest is 999999999 days"),
            ("for ever", "cannot wait for inf seconds: the longest is 999999999 days"),
        ]:
            with self.assertRaisesRegex(ActivationFailed, words):
                Rig.started(Mistaken, what)

    def test_it_holds_for_whoever_goes_on(self) -> None:
        rig = Rig.started(Turns)
        rig.signal("unlock")
        rig.resume(1)
        rig.resume(2)
        self.assertEqual(
            rig.calls(), ["timer 1000 ms", "timer 1000 ms", 'complete [["a",false],["b",false]]']
        )
