"""Activities: scheduled, resolved, cancelled."""

import asyncio
import re
import unittest
from dataclasses import dataclass
from datetime import timedelta

from dalsegno import workflow
from dalsegno.common import RetryPolicy
from dalsegno.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from .rig import (
    ActivationFailed,
    Rig,
    activity_cause,
    application,
    cancelled_cause,
    failed,
    guest,
    recorder,
    resumed,
)

LIMIT = timedelta(seconds=10)


@dataclass
class Parcel:
    weight: int


def ship(receipt: str, way: str) -> Parcel:
    """Only its name and its hints count."""
    raise AssertionError("a workflow names an activity, and does not call it")


@workflow.defn
class TwoSteps:
    @workflow.run
    async def run(self, order: int) -> int:
        policy = RetryPolicy(maximum_attempts=3)
        receipt = await workflow.execute_activity(
            "charge", order, start_to_close_timeout=LIMIT, retry_policy=policy, result_type=str
        )
        parcel = await workflow.execute_activity(ship, args=[receipt, "air"], start_to_close_timeout=LIMIT)
        return parcel.weight


@workflow.defn
class Parallel:
    @workflow.run
    async def run(self) -> list[int]:
        parts = (workflow.execute_activity("part", index, start_to_close_timeout=LIMIT) for index in range(3))
        return await asyncio.gather(*parts)


@workflow.defn
class Gathers:
    @workflow.run
    async def run(self) -> list[int]:
        options = {"start_to_close_timeout": LIMIT, "result_type": int}
        return await asyncio.gather(*(workflow.execute_activity("count", **options) for _ in range(2)))


@workflow.defn
class Waits:
    @workflow.run
    async def run(self, seconds: float) -> str:
        try:
            async with asyncio.timeout(seconds):
                return await workflow.execute_activity("hang", start_to_close_timeout=LIMIT)
        except TimeoutError:
            return "cut off"


@workflow.defn
class Catches:
    @workflow.run
    async def run(self) -> str:
        handle = workflow.start_activity("hang", start_to_close_timeout=LIMIT)
        handle.cancel()
        try:
            return await handle
        except ActivityError as error:
            assert is_cancelled_exception(error)
            return f"{error.activity_type} {error.activity_id}"


@workflow.defn
class NoLimit:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity("charge")


class Activities(unittest.TestCase):
    def test_a_chain_schedules_one_after_the_other(self) -> None:
        rig = Rig.started(TwoSteps, 7)
        self.assertEqual(recorder.calls[0][1][2].retry_policy.maximum_attempts, 3)
        self.assertEqual(rig.calls(), ["schedule charge(7)"])
        rig.resume(1, "receipt")
        self.assertEqual(rig.calls(), ['schedule ship("receipt", "air")'])
        rig.resume(2, {"weight": 3})
        self.assertEqual(rig.calls(), ["complete 3"])

    def test_a_failed_activity_fails_the_run_with_its_chain(self) -> None:
        rig = Rig.started(TwoSteps, 7)
        rig.calls()
        rig.fail(1, activity_cause("charge"), application("Declined", "no funds", 51))
        causes = rig.last("run.fail")[0].causes
        self.assertEqual(rig.calls(), ["fail activity failed: [Declined] no funds"])
        self.assertIn('test_activities.py", line', causes[0].stack_trace)
        self.assertEqual(causes[1].kind.value.details[0].data, b"51")

    def test_a_result_that_does_not_fit_fails_the_activation_only(self) -> None:
        rig = Rig.started(TwoSteps, 7)
        rig.calls()
        with self.assertRaises(ActivationFailed) as caught:
            rig.resume(1, {"id": 1})
        message = "[BadResult] the result of activity charge (operation 1) is no `str`: expected a text, got"
        self.assertEqual(str(caught.exception), f"{message} an object")
        self.assertEqual(rig.calls(), [])
        trace = caught.exception.failure.causes[0].stack_trace
        self.assertRegex(trace, r'^  File ".*/test_activities.py", line \d+, in run\n    receipt = await .*$')

    def test_a_result_that_does_not_fit_is_told_with_the_place_where_it_is_gathered(self) -> None:
        rig = Rig.started(Gathers)
        with self.assertRaises(ActivationFailed) as caught:
            rig.resume(2, "two")
        trace = caught.exception.failure.causes[0].stack_trace
        self.assertRegex(trace, r'^  File ".*/test_activities.py", line \d+, in run\n    return await .*$')

    def test_gathered_activities_begin_in_order_and_end_in_any(self) -> None:
        rig = Rig.started(Parallel)
        self.assertEqual(rig.calls(), ["schedule part(0)", "schedule part(1)", "schedule part(2)"])
        rig.activate(resumed(3, 30), resumed(1, 10))
        self.assertEqual(rig.calls(), [])
        rig.resume(2, 20)
        self.assertEqual(rig.calls(), ["complete [10,20,30]"])

    def test_a_missing_time_limit_is_told_as_a_bug(self) -> None:
        with self.assertRaises(ActivationFailed) as caught:
            Rig.started(NoLimit)
        self.assertIn("the activity `charge` needs a time limit", str(caught.exception))

    def test_the_host_learns_the_line_of_a_call_if_it_asks(self) -> None:
        rig = Rig(TwoSteps)
        recorder.call_sites = True
        rig.start(7)
        # The files of the tests are the user's here, those of the bindings too.
        *_, place, call = (told for told in rig.calls() if not re.search("/tests/(bindings|wit).py", told))
        self.assertRegex(place, r"^at .*/tests/test_activities.py:\d+ in run$")
        self.assertEqual(call, "schedule charge(7)")


class Cancelling(unittest.TestCase):
    def test_a_cancelled_handle_gives_its_failure_at_once(self) -> None:
        rig = Rig.started(Catches)
        self.assertEqual(rig.calls(), ["schedule hang()", "cancel activity 1", 'complete "hang 1"'])

    def test_a_request_to_cancel_closes_the_run_as_cancelled(self) -> None:
        rig = Rig.started(TwoSteps, 7)
        rig.calls()
        rig.cancel("enough")
        self.assertEqual(rig.calls(), ["cancel activity 1", "cancelled"])

    def test_an_outcome_of_the_same_activation_is_not_lost(self) -> None:
        rig = Rig.started(Catches)
        rig = Rig.started(Waits, 60)
        rig.calls()
        rig.activate(guest.Event_CancelRequested(""), resumed(2, "done"))
        self.assertEqual(rig.calls(), ["cancel timer 1", 'complete "done"'])

    def test_a_cancellation_that_an_outcome_overtook_comes_at_the_next_wait(self) -> None:
        rig = Rig.started(TwoSteps, 7)
        rig.calls()
        rig.activate(guest.Event_CancelRequested(""), resumed(1, "receipt"))
        self.assertEqual(rig.calls(), ['schedule ship("receipt", "air")', "cancel activity 2", "cancelled"])

    def test_an_activity_that_is_waited_for_ends_first(self) -> None:
        rig = Rig.started(TwoSteps, 7)
        recorder.cancelling_waits = True
        rig.calls()
        rig.cancel()
        self.assertEqual(rig.calls(), ["cancel activity 1"])
        rig.activate(failed(1, activity_cause("charge"), cancelled_cause()))
        self.assertEqual(rig.calls(), ["cancelled"])

    def test_a_time_limit_cuts_an_activity_off(self) -> None:
        rig = Rig.started(Waits, 5)
        self.assertEqual(rig.calls(), ["timer 5000 ms", "schedule hang()"])
        rig.time_us += 5_000_000
        rig.resume(1)
        calls = rig.calls()
        self.assertEqual(calls[0], "cancel activity 2")
        self.assertIn(calls[1], ['complete "cut off"', "fail activity cancelled: activity cancelled"])

    def test_a_failure_type_is_that_of_its_class(self) -> None:
        class OutOfStock(ApplicationError):
            pass

        self.assertEqual(OutOfStock("none left").type, "OutOfStock")
        self.assertEqual(ApplicationError("x", type="Other").type, "Other")
