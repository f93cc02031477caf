"""The main routine: conditions, cancellation, tasks, continuing as new, surroundings."""

import asyncio
import json
import math
import random
import re
import sys
import unittest
from datetime import timedelta
from typing import Any

from dalsegno import workflow
from dalsegno.common import SearchAttributeKey
from dalsegno.exceptions import ActivityError, ApplicationError

from .rig import ActivationFailed, Rig, guest, modules, payload, recorder, types
from .test_conditions import Counter

LIMIT = timedelta(seconds=10)


@workflow.defn
class CleansUp:
    @workflow.run
    async def run(self) -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as error:
            await asyncio.shield(
                workflow.execute_activity("release", str(error), start_to_close_timeout=LIMIT)
            )
            raise
        return "slept"


@workflow.defn
class GivesUp:
    @workflow.run
    async def run(self) -> None:
        try:
            await workflow.execute_activity("work", start_to_close_timeout=LIMIT)
        except ActivityError as error:
            raise ApplicationError("not released", type="CleanUpFailed") from error


@workflow.defn(failure_exception_types=[KeyError])
class Raises:
    @workflow.run
    async def run(self, what: str) -> None:
        if what == "key":
            raise KeyError("declared")
        if what == "group":
            async with asyncio.TaskGroup() as group:
                group.create_task(self.refuse())
        if what == "buggy group":
            async with asyncio.TaskGroup() as group:
                group.create_task(self.stumble())
        if what == "exit":
            sys.exit(3)
        if what == "library":
            json.loads("{")
        if what == "own cancel":
            raise asyncio.CancelledError
        if what == "foreign":
            await Foreign()
        raise ValueError("undeclared")

    async def refuse(self) -> None:
        raise ApplicationError("no", 5, type="Refused") from ApplicationError("why", type="Inner")

    async def stumble(self) -> None:
        try:
            json.loads("{")
        except ValueError as error:
            raise LookupError("no such order") from error


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

    def test_a_failure_raised_in_answer_to_a_cancellation_fails_the_run(self) -> None:
        rig = Rig.started(GivesUp)
        rig.cancel("enough")
        self.assertRegex(rig.calls()[-1], r"fail \[CleanUpFailed\] not released: .*")

    def test_failures_fail_the_run(self) -> None:
        self.assertEqual(Rig.started(Raises, "key").calls(), ["fail [KeyError] 'declared'"])
        self.assertEqual(Rig.started(Raises, "own cancel").calls(), ["fail cancelled"])
        group = Rig.started(Raises, "group").calls()[0]
        self.assertRegex(group, r"fail \[ExceptionGroup\] .*: \[Refused\] no: \[Inner\] why")

    def test_other_exceptions_are_bugs_with_their_place(self) -> None:
        for what, words in [
            ("value", r"ValueError: undeclared"),
            ("exit", "workflow code called `sys.exit`"),
            ("foreign", "Task got bad yield: 5: a workflow awaits what"),
        ]:
            with self.assertRaisesRegex(ActivationFailed, words) as caught:
                Rig.started(Raises, what)
            self.assertEqual(recorder.calls, [])
        with self.assertRaises(ActivationFailed) as caught:
            Rig.started(Raises, "value")
        trace = caught.exception.failure.causes[0].stack_trace
        self.assertRegex(
            trace,
            r'^  File ".*/tests/test_running.py", line \d+, in run\n    raise ValueError\("undeclared"\)$',
        )

    def test_a_bug_is_told_with_those_behind_it(self) -> None:
        with self.assertRaises(ActivationFailed) as caught:
            Rig.started(Raises, "buggy group")
        trace = caught.exception.failure.causes[0].stack_trace
        told = [line for line in trace.splitlines() if not line.startswith(" ")]
        self.assertEqual(told[0], "of which LookupError: no such order")
        self.assertTrue(told[1].startswith("caused by JSONDecodeError: Expecting property name"), told)
        self.assertIn("in stumble\n    raise LookupError", trace)

    def test_what_is_returned_and_no_json_is_told_with_its_place(self) -> None:
        def told(name: str, place: str) -> str:
            function = rf"`ReturnsWhatIsNoJson.{name}` returned \(.*/test_running.py:\d+\)"
            return rf"what {function} has no JSON form: at {place}: a value of the type `object`"

        with self.assertRaisesRegex(ActivationFailed, told("run", r".s\[0\]")):
            Rig.started(ReturnsWhatIsNoJson, True)
        for name in ("now", "later"):
            with self.assertRaisesRegex(ActivationFailed, told(name, ".s")):
                Rig.started(ReturnsWhatIsNoJson, False).update("u", name)
        self.assertRegex(Rig.started(ReturnsWhatIsNoJson, False).query("what"), told("what", ".s"))

    def test_a_trace_leaves_out_what_is_not_of_the_user(self) -> None:
        with self.assertRaises(ActivationFailed) as caught:
            Rig.started(Raises, "library")
        trace = caught.exception.failure.causes[0].stack_trace
        self.assertRegex(
            trace, r'^  File ".*/tests/test_running.py", line \d+, in run\n    json.loads\("{"\)$'
        )

    def test_wrong_arguments_are_the_callers_to_know(self) -> None:
        failed = "fail [BadArguments] argument 1, `wanted`: expected a whole number, got 'ten'"
        self.assertEqual(Rig.started(Counter, "ten").calls(), [failed])
        self.assertEqual(
            Rig.started(Counter, 1).calls(), ["fail [BadArguments] argument 2, `seconds`: it is missing"]
        )


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
            [asyncio.create_task(asyncio.sleep(n), name=f"t{n}") for n in (3, 2, 1)],
            return_when=asyncio.FIRST_COMPLETED,
        )
        log.append([task.get_name() for task in done])
        log.append([task.get_name() for task in pending])
        log.append(await asyncio.wait_for(asyncio.sleep(0, "quick"), 5))
        return log


@workflow.defn
class ReturnsWhatIsNoJson:
    @workflow.run
    async def run(self, ends: bool) -> Any:
        await workflow.wait_condition(lambda: ends)
        return {"s": [object()]}

    @workflow.update
    def now(self) -> Any:
        return {"s": object()}

    @workflow.update
    async def later(self) -> Any:
        return {"s": object()}

    @workflow.query
    def what(self) -> Any:
        return {"s": object()}


@workflow.defn
class LeavesTasks:
    @workflow.run
    async def run(self, keep: bool) -> None:
        heard, lost = asyncio.create_task(self.fail("heard")), asyncio.create_task(self.fail("lost"))
        if keep:
            self.heard, self.lost = heard, lost
        del lost
        await asyncio.wait([heard])
        heard.exception()
        await asyncio.sleep(1)

    async def fail(self, words: str) -> None:
        raise ValueError(words)


class Tasks(unittest.TestCase):
    def test_what_a_task_raises_is_logged_if_nobody_looks_at_it(self) -> None:
        words = r"^(Workflow)?Task exception was never retrieved\n  File .*, in fail\n.*\nValueError: lost$"
        for keep in (False, True):
            rig = Rig.started(LeavesTasks, keep)
            # Whoever keeps a task may still await it.
            self.assertEqual(len(recorder.logged), 0 if keep else 1)
            rig.resume(1)
            [logged] = recorder.logged
            self.assertRegex(logged, words)

    def test_the_tools_of_asyncio_work(self) -> None:
        rig = Rig.started(Loop)
        self.assertEqual(rig.calls(), ["timer 3000 ms", "timer 2000 ms", "timer 1000 ms"])
        rig.resume(3)
        log = '["a","b","c","event",["t1"],["t3","t2"],"quick"]'
        self.assertEqual([call for call in rig.calls() if "timer" not in call], [f"complete {log}"])


@workflow.defn
class Many:
    """Ends with the order of a set of tasks."""

    @workflow.run
    async def run(self) -> list[str]:
        tasks = {asyncio.create_task(asyncio.sleep(60), name=str(number)) for number in range(50)}
        await asyncio.wait(
            [*tasks, asyncio.create_task(asyncio.sleep(0))], return_when=asyncio.FIRST_COMPLETED
        )
        return [task.get_name() for task in tasks]


class Order(unittest.TestCase):
    def test_sets_of_tasks_have_the_same_order_in_every_replay(self) -> None:
        orders, kept = set(), []
        for length in range(4):
            orders.add(Rig.started(Many).calls()[-1])
            # Other addresses in memory.
            kept.append([[] for _ in range(length * 97)])
        self.assertEqual(len(orders), 1)


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
        return [
            workflow.memo(),
            str(due),
            versions,
            workflow.time(),
            asyncio.get_running_loop().time(),
            drawn,
        ]


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


@workflow.defn
class Loops:
    @workflow.run
    async def run(self) -> None:
        for number in range(1_000):
            math.sqrt(number)
        workflow.patched("last")


class Explaining(unittest.TestCase):
    def test_the_host_learns_each_line_if_it_asks_and_of_loops_the_first_rounds(self) -> None:
        rig = Rig(Loops)
        recorder.call_sites = True
        rig.start()
        lines = [call for call in rig.calls() if re.match(r"at .*test_running.py:\d+ in run", call)]
        self.assertEqual(len(set(lines)), 3)
        self.assertEqual(
            len(lines), 100 + 100 + 1 + 1, "the loop's lines, and the last twice: before the call too"
        )
        self.assertIsNone(sys.gettrace())


class Payloads(unittest.TestCase):
    def test_definitions_name_the_handlers(self) -> None:
        definition = next(
            workflow for workflow in Rig(Counter).guest.definitions().workflows if workflow.name == "Counter"
        )
        self.assertEqual([signal.name for signal in definition.signals], ["add"])
        self.assertEqual(definition.input_schemas, ['{"type": "integer"}', '{"type": "number"}'])
        self.assertEqual(modules["types"].Payload, types.Payload)
        self.assertEqual(payload(None).data, b"null")
