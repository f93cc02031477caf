"""Children: started, signalled, awaited, cancelled."""

import asyncio
import unittest

from dalsegno import workflow

from . import test_continuing
from .rig import Rig


@workflow.defn
class Children:
    @workflow.run
    async def run(self) -> int:
        child = await workflow.start_child_workflow(test_continuing.Sums.run, 5, id="part-1")
        await child.signal("number", 7)
        await workflow.get_external_workflow_handle("other", run_id="r").cancel("paid")
        return await child


@workflow.defn
class FirstChild:
    @workflow.run
    async def run(self) -> int:
        assert workflow.instance() is self
        children = [await workflow.start_child_workflow("Part", id=f"part-{number}") for number in range(2)]
        done, _ = await asyncio.wait(children, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()


class OfARun(unittest.TestCase):
    def test_a_child_is_signalled_and_awaited(self) -> None:
        rig = Rig.started(Children)
        rig.resume(1, "run-2")
        rig.resume(3)
        rig.resume(4)
        rig.resume(2, 12)
        self.assertEqual(
            rig.calls(),
            ["start Sums(5) as part-1", "signal number(7) to part-1", "cancel other paid", "complete 12"],
        )

    def test_children_are_futures_of_their_results(self) -> None:
        rig = Rig.started(FirstChild)
        rig.resume(1, "run-2")
        rig.resume(3, "run-3")
        rig.resume(4, 12)
        self.assertEqual(rig.calls()[2:], ["complete 12"])

    def test_a_cancelled_child_is_a_cancellation(self) -> None:
        rig = Rig.started(Children)
        rig.resume(1, "run-2")
        rig.resume(3)
        rig.resume(4)
        rig.calls()
        rig.cancel("enough")
        self.assertEqual(rig.calls(), ["cancel child 2", "cancelled"])
