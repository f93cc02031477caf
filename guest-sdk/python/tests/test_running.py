"""The main routine: conditions, cancellation, tasks, continuing as new, surroundings."""

import asyncio
import random
import sys
import unittest
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dalsegno import workflow
from dalsegno.common import SearchAttributeKey
from dalsegno.exceptions import ApplicationError

from .rig import ActivationFailed, Rig, guest, modules, payload, recorder, request, resumed, signalled, types

LIMIT = timedelta(seconds=10)


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

    def test_it_holds_for_whoever_goes_on(self) -> None:
        rig = Rig.started(Turns)
        rig.signal("unlock")
        rig.resume(1)
        rig.resume(2)
        self.assertEqual(rig.calls(), ["timer 1000 ms", "timer 1000 ms", 'complete [["a",false],["b",false]]'])


@workflow.defn
class CleansUp:
    @workflow.run
    async def run(self) -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as error:
            await asyncio.shield(workflow.execute_activity("release", str(error), start_to_close_timeout=LIMIT))
            raise
        return "slept"


@workflow.defn(failure_exception_types=[KeyError])
class Raises:
    @workflow.run
    async def run(self, what: str) -> None:
        if what == "key":
            raise KeyError("declared")
        if what == "group":
            async with asyncio.TaskGroup() as group:
                group.create_task(self.refuse())
        if what == "exit":
            sys.exit(3)
        if what == "own cancel":
            raise asyncio.CancelledError
        if what == "foreign":
            await Foreign()
        raise ValueError("undeclared")

    async def refuse(self) -> None:
        raise ApplicationError("no", 5, type="Refused") from ApplicationError("why", type="Inner")


class Foreign:
    """Something of another loop."""

    def __await__(self) -> Any:
        yield 5


class Ends(unittest.TestCase):
    def test_a_cancelled_run_cleans_up_first(self) -> None:
        rig = Rig.started(CleansUp)
        rig.cancel("enough")
        self.assertEqual(rig.calls(), ["timer 60000 ms", "cancel timer 1", 'schedule release("enough")'])
        rig.resume(2)
        self.assertEqual(rig.calls(), ["cancelled"])

    def test_failures_fail_the_run(self) -> None:
        self.assertEqual(Rig.started(Raises, "key").calls(), ["fail [KeyError] 'declared'"])
        self.assertEqual(Rig.started(Raises, "own cancel").calls(), ["fail cancelled"])
        group = Rig.started(Raises, "group").calls()[0]
        self.assertRegex(group, r"fail \[ExceptionGroup\] .*: \[Refused\] no: \[Inner\] why")

    def test_other_exceptions_are_bugs_with_their_place(self) -> None:
        for what, words in [
            ("value", r"\[ValueError\] undeclared"),
            ("exit", "workflow code called `sys.exit`"),
            ("foreign", "Task got bad yield: 5: a workflow awaits what"),
        ]:
            with self.assertRaisesRegex(ActivationFailed, words) as caught:
                Rig.started(Raises, what)
            self.assertEqual(recorder.calls, [])
        with self.assertRaises(ActivationFailed) as caught:
            Rig.started(Raises, "value")
        trace = caught.exception.failure.causes[0].stack_trace
        self.assertRegex(trace, r'^  File "tests/test_running.py", line \d+, in run\n    raise ValueError\("undeclared"\)$')

    def test_wrong_arguments_are_the_callers_to_know(self) -> None:
        failed = "fail [BadArguments] argument 1, `wanted`: expected a whole number, got 'ten'"
        self.assertEqual(Rig.started(Counter, "ten").calls(), [failed])
        self.assertEqual(Rig.started(Counter, 1).calls(), ["fail [BadArguments] argument 2, `seconds`: it is missing"])


@dataclass
class Order:
    lines: list[str]


@workflow.defn
class Loop:
    @workflow.run
    async def run(self) -> Any:
        log: list[Any] = []
        queue: asyncio.Queue[str] = asyncio.Queue(1)
        lock, event, semaphore = asyncio.Lock(), asyncio.Event(), asyncio.Semaphore(1)

        async def produce() -> None:
            for item in "abc":
                await queue.put(item)
            event.set()

        async def consume() -> None:
            for _ in range(3):
                async with lock, semaphore:
                    log.append(await queue.get())

        async def wait() -> None:
            await event.wait()
            log.append("event")

        async with asyncio.TaskGroup() as group:
            for work in (consume, produce, wait):
                group.create_task(work())
        done, pending = await asyncio.wait(
            [asyncio.create_task(asyncio.sleep(n), name=f"t{n}") for n in (3, 2, 1)], return_when=asyncio.FIRST_COMPLETED
        )
        log.append([task.get_name() for task in done])
        log.append([task.get_name() for task in pending])
        log.append(await asyncio.wait_for(asyncio.sleep(0, "quick"), 5))
        return log


class Tasks(unittest.TestCase):
    def test_the_tools_of_asyncio_work(self) -> None:
        rig = Rig.started(Loop)
        self.assertEqual(rig.calls(), ["timer 3000 ms", "timer 2000 ms", "timer 1000 ms"])
        rig.resume(3)
        log = '["a","b","c","event",["t1"],["t3","t2"],"quick"]'
        self.assertEqual([call for call in rig.calls() if "timer" not in call], [f"complete {log}"])


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


@workflow.defn
class Looks:
    @workflow.run
    async def run(self) -> list[Any]:
        key = SearchAttributeKey.for_datetime("Due")
        workflow.upsert_memo({"note": None, "step": 2})
        workflow.upsert_search_attributes([key.value_set(workflow.now())])
        due = workflow.info().typed_search_attributes[key]
        versions = [workflow.patched("a"), workflow.get_version("b", 1, 3)]
        drawn = [random.random(), workflow.random().random(), str(workflow.uuid4())]
        return [workflow.memo(), str(due), versions, workflow.time(), asyncio.get_running_loop().time(), drawn]


@workflow.defn
class Children:
    @workflow.run
    async def run(self) -> int:
        child = await workflow.start_child_workflow(Sums.run, 5, id="part-1")
        await child.signal("number", 7)
        await workflow.get_external_workflow_handle("other", run_id="r").cancel("paid")
        return await child


class Surroundings(unittest.TestCase):
    def test_a_run_knows_itself_and_draws_the_same_again(self) -> None:
        first = Rig.started(Looks).calls()
        self.assertEqual(Rig.started(Looks).calls(), first)
        result = '[{"step":2},"2023-11-14 22:13:20+00:00",[true,3],1700000000.0,0.0,'
        self.assertTrue(first[-1].startswith(f"complete {result}"), first[-1])

    def test_a_reset_run_draws_anew(self) -> None:
        first = Rig.started(Looks).calls()
        rig = Rig(Looks)
        started = guest.Event_Started(guest.Start("Looks", [], [], bytes(32), []))
        rig.activate(started, guest.Event_Reseeded(bytes(range(32))))
        self.assertEqual(rig.calls(), first)

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

    def test_a_cancelled_child_is_a_cancellation(self) -> None:
        rig = Rig.started(Children)
        rig.resume(1, "run-2")
        rig.resume(3)
        rig.resume(4)
        rig.calls()
        rig.cancel("enough")
        self.assertEqual(rig.calls(), ["cancel child 2", "cancelled"])


class Payloads(unittest.TestCase):
    def test_definitions_name_the_handlers(self) -> None:
        definition = next(
            workflow for workflow in Rig(Counter).guest.definitions().workflows if workflow.name == "Counter"
        )
        self.assertEqual([signal.name for signal in definition.signals], ["add"])
        self.assertEqual(definition.input_schemas, ['{"type": "integer"}', '{"type": "number"}'])
        self.assertEqual(modules["types"].Payload, types.Payload)
        self.assertEqual(payload(None).data, b"null")
