"""Continuing as new."""

import asyncio
import unittest
from datetime import timedelta

from dalsegno import workflow

from .rig import Rig, guest, request, resumed, signalled

LIMIT = timedelta(seconds=10)


@workflow.defn
class Sums:
    @workflow.run
    async def run(self, sum: int) -> int:
        numbers = workflow.signals("number", int)
        async for number in numbers:
            sum += number
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(sum, memo={"sum": sum}, run_timeout=LIMIT)
        return sum


class Continuing(unittest.TestCase):
    def test_signals_that_nobody_took_are_carried_in_order(self) -> None:
        rig = Rig.started(Sums, 10)
        rig.signal("number", 1)
        rig.suggested = True
        rig.activate(*(signalled(name, 5) for name in ("number", "zeta", "number", "alpha")))
        options = rig.last("run.continue_as_new")[1]
        self.assertEqual(rig.calls(), ["continue as new (16)"])
        self.assertEqual([signal.name for signal in options.carried_signals], ["zeta", "number", "alpha"])
        self.assertEqual((options.run_timeout_ms, options.memo[0][0]), (10_000, "sum"))

    def test_carried_signals_come_first(self) -> None:
        rig = Rig(Sums)
        rig.carried = [request("number", 1), request("number", 2)]
        rig.suggested = True
        rig.start(16, events=(signalled("number", 4),))
        self.assertEqual(rig.calls(), ["continue as new (17)"])


@workflow.defn
class Switched:
    """Its main routine or its handler continues as new."""

    def __init__(self) -> None:
        self.gone = False

    @workflow.run
    async def run(self) -> None:
        try:
            await workflow.wait_condition(lambda: self.gone)
        except asyncio.CancelledError:
            workflow.continue_as_new("all the same")
        workflow.continue_as_new()

    @workflow.signal
    def go(self) -> None:
        self.gone = True

    @workflow.signal
    async def switch(self) -> None:
        workflow.continue_as_new("by the handler")


class Requests(unittest.TestCase):
    def test_a_request_to_cancel_is_not_lost_to_the_next_run(self) -> None:
        cancel = guest.Event_CancelRequested("enough")
        for event in (resumed(1), signalled("switch")):
            rig = Rig.started(Naps)
            rig.calls()
            rig.activate(event, cancel)
            self.assertEqual(rig.calls(), ["cancelled"])
        rig = Rig.started(Switched)
        rig.activate(signalled("switch"), cancel)
        self.assertEqual(rig.calls(), ["cancelled"])

    def test_whoever_has_heard_of_it_may_go_on(self) -> None:
        rig = Rig.started(Switched)
        rig.cancel()
        self.assertEqual(rig.calls(), ['continue as new ("all the same")'])

    def test_signals_of_the_same_activation_are_carried(self) -> None:
        rig = Rig.started(Switched)
        rig.activate(signalled("switch"), signalled("other"))
        carried = rig.last("run.continue_as_new")[1].carried_signals
        self.assertEqual(rig.calls(), ['continue as new ("by the handler")'])
        self.assertEqual([signal.name for signal in carried], ["other"])


@workflow.defn
class Naps(Switched):
    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(1)
        workflow.continue_as_new()
