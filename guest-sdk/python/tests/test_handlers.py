"""Signals, queries and updates."""

import unittest
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from dalsegno import workflow
from dalsegno.common import HandlerUnfinishedPolicy, RawValue
from dalsegno.exceptions import ApplicationError

from .rig import ActivationFailed, Rig, guest, recorder, request, signalled

LIMIT = timedelta(seconds=10)
UNKNOWN_QUERY = (
    "[UnknownQuery] the workflow has no query named `nothing`; "
    "it has: journal, meddles, __stack_trace, __metadata"
)
UNKNOWN_UPDATE = (
    "[UnknownUpdate] the workflow has no update named `gone`; it has: set_level, add, refuse, forever"
)


@workflow.defn
class Account:
    def __init__(self) -> None:
        self.level = 0
        self.heard: list[str] = []
        self.done = False

    @workflow.run
    async def run(self) -> int:
        self.heard.append("main")
        await workflow.wait_condition(lambda: self.done)
        return self.level

    @workflow.signal
    def note(self, text: str) -> None:
        self.heard.append(text)

    @workflow.signal
    async def work(self, text: str) -> None:
        self.heard.append(f"begins {text}")
        await workflow.execute_activity("look-up", text, start_to_close_timeout=LIMIT)

    @workflow.signal
    def finish(self) -> None:
        self.done = True

    @workflow.signal
    async def leave(self) -> None:
        raise ApplicationError("the account is closed", type="Left")

    @workflow.signal
    def explode(self) -> None:
        raise KeyError("a bug")

    @workflow.query
    def journal(self) -> list[str]:
        return self.heard

    @workflow.query
    def meddles(self) -> None:
        workflow.start_activity("look-up", start_to_close_timeout=LIMIT)

    @workflow.update
    def set_level(self, level: int) -> int:
        before, self.level = self.level, level
        return before

    @set_level.validator
    def check_level(self, level: int) -> None:
        if level > self.level + 1:
            raise ValueError("too far")

    @workflow.update
    async def add(self, text: str) -> list[Any]:
        before = workflow.current_update_info()
        found = await workflow.execute_activity("look-up", text, start_to_close_timeout=LIMIT)
        after = workflow.current_update_info()
        self.level += found
        return [self.level, before.id, after.name]

    @workflow.update
    def refuse(self, why: str) -> None:
        raise ApplicationError(why, type="Refused")

    @workflow.update(unfinished_policy=HandlerUnfinishedPolicy.ABANDON)
    async def forever(self) -> None:
        await workflow.wait_condition(lambda: False)


class Signals(unittest.TestCase):
    def test_handlers_run_before_the_main_routine_in_the_order_of_their_events(self) -> None:
        rig = Rig(Account)
        rig.start(events=(signalled("note", "a"), signalled("work", "b"), signalled("note", "c")))
        self.assertEqual(rig.query("journal"), '["a","begins b","c","main"]')

    def test_a_failure_fails_the_run_and_says_what_is_left(self) -> None:
        rig = Rig.started(Account)
        rig.signal("work", "x")
        rig.update("u", "add", "y")
        rig.update("v", "forever")
        rig.calls()
        rig.activate(signalled("unknown"), signalled("leave"))
        self.assertEqual(rig.calls(), ["fail [Left] the account is closed"])
        self.assertEqual(
            recorder.logged,
            [
                "the run closes while 1 handlers of signal work are at work",
                "the run closes while 1 handlers of update add are at work",
                "the run closes without having taken 1 signals named `unknown`",
            ],
        )

    def test_bugs_and_arguments_that_do_not_fit_fail_the_activation(self) -> None:
        rig = Rig.started(Account)
        with self.assertRaisesRegex(ActivationFailed, "a bug"):
            rig.signal("explode")
        with self.assertRaises(ActivationFailed) as caught:
            Rig.started(Account).signal("note", 5)
        message = "[BadArguments] signal `note`: argument 1, `text`: expected a text, got 5"
        self.assertTrue(str(caught.exception).startswith(message))


class Queries(unittest.TestCase):
    def test_a_query_changes_nothing(self) -> None:
        rig = Rig.started(Account)
        self.assertIn(
            "a query changes nothing, so it cannot schedule the activity `look-up`", rig.query("meddles")
        )
        self.assertEqual(rig.calls(), [])

    def test_what_is_unknown_is_told(self) -> None:
        rig = Rig.started(Account)
        self.assertEqual(rig.query("nothing"), UNKNOWN_QUERY)
        self.assertTrue(Rig(Account).query("journal").startswith("[NotStarted]"))

    def test_the_stack_trace_tells_what_each_task_waits_for(self) -> None:
        rig = Rig.started(Account)
        rig.signal("work", "x")
        trace = rig.query("__stack_trace")
        self.assertRegex(trace, r"run\\n    condition, at .*/tests/test_handlers.py:\d+ in run\\n")
        expected = (
            r"signal work\\n    activity look-up \(operation 1\), at .*/tests/test_handlers.py:\d+ in work"
        )
        self.assertRegex(trace, expected)

    def test_the_metadata_tell_the_handlers(self) -> None:
        metadata = Rig.started(Account).query("__metadata")
        self.assertIn('"workflow_type":"Account"', metadata)
        self.assertIn('{"name":"set_level","description":null}', metadata)


class Updates(unittest.TestCase):
    def test_an_update_changes_the_state_and_answers(self) -> None:
        rig = Rig.started(Account)
        self.assertIsNone(rig.update("u1", "set_level", 1))
        self.assertEqual(rig.calls(), ["complete update u1: 0"])

    def test_a_validator_refuses_and_nothing_changes(self) -> None:
        rig = Rig.started(Account)
        self.assertEqual(rig.update("u1", "set_level", 2), "[ValueError] too far")
        self.assertEqual(rig.calls(), [])

    def test_what_no_handler_takes_is_refused(self) -> None:
        rig = Rig.started(Account)
        self.assertEqual(rig.update("u", "gone"), UNKNOWN_UPDATE)
        refusal = "[BadArguments] argument 1, `text`: expected a text, got an array"
        self.assertEqual(rig.update("u", "add", []), refusal)
        rig.activate(guest.Event_UpdateAccepted(request("gone", id="u")))
        self.assertEqual(rig.calls(), [f"fail update u: {UNKNOWN_UPDATE}"])

    def test_a_failure_of_the_handler_fails_the_update_and_not_the_run(self) -> None:
        rig = Rig.started(Account)
        rig.update("u1", "refuse", "no")
        self.assertEqual(rig.calls(), ["fail update u1: [Refused] no"])

    def test_an_asynchronous_handler_knows_its_update_and_answers_by_and_by(self) -> None:
        rig = Rig.started(Account)
        rig.update("u1", "add", "x")
        rig.update("u2", "add", "y")
        rig.calls()
        rig.resume(2, 2)
        self.assertEqual(rig.calls(), ['complete update u2: [2,"u2","add"]'])
        rig.resume(1, 1)
        self.assertEqual(rig.calls(), ['complete update u1: [3,"u1","add"]'])


@workflow.defn
class Open:
    def __init__(self) -> None:
        self.heard: list[Any] = []

    @workflow.run
    async def run(self) -> list[Any]:
        await workflow.wait_condition(lambda: len(self.heard) == 2)
        workflow.set_signal_handler("late", self.late)
        await workflow.wait_condition(lambda: len(self.heard) == 4)
        return self.heard

    @workflow.signal(dynamic=True)
    def other(self, name: str, args: Sequence[RawValue]) -> None:
        converter = workflow.payload_converter()
        self.heard.append([name, [converter.from_payload(arg.payload, int) for arg in args]])

    def late(self, number: int = 7) -> None:
        self.heard.append(number)


@workflow.defn
class Kept:
    @workflow.run
    async def run(self) -> list[Any]:
        await workflow.sleep(1)
        numbers = workflow.signals("number", int)
        first = await numbers.next()
        heard: list[Any] = [first, numbers.try_next()]
        workflow.set_signal_handler("word", heard.append)
        await workflow.wait_condition(lambda: len(heard) == 4)
        return heard


class Names(unittest.TestCase):
    def test_a_dynamic_handler_takes_what_no_other_does(self) -> None:
        rig = Rig.started(Open)
        rig.signal("a", 1, 2)
        rig.signal("late")
        rig.signal("late")
        rig.signal("b")
        self.assertEqual(rig.calls(), ['complete [["a",[1,2]],["late",[]],7,["b",[]]]'])

    def test_signals_are_kept_until_someone_asks_for_their_name(self) -> None:
        rig = Rig.started(Kept)
        rig.activate(signalled("word", "a"), signalled("number", 1), signalled("word", "b"))
        rig.calls()
        rig.resume(1)
        self.assertEqual(rig.calls(), ['complete [1,null,"a","b"]'])


@workflow.defn
class Carries:
    def __init__(self) -> None:
        self.done = False

    @workflow.run
    async def run(self) -> None:
        await self.tell()
        await workflow.wait_condition(lambda: self.done)

    @workflow.signal
    async def note(self) -> None:
        await self.tell()

    @workflow.query
    def of(self) -> Any:
        return workflow.payload_converter().from_payload(workflow.headers()["of"].payload)

    async def tell(self) -> None:
        await workflow.execute_activity("tell", start_to_close_timeout=LIMIT, headers=workflow.headers())


class Headers(unittest.TestCase):
    def test_each_call_has_its_own_and_hands_them_on(self) -> None:
        rig = Rig.started(Carries)
        rig.signal("note")
        given = [arguments[2].headers[0][1].data for _, arguments in recorder.calls]
        self.assertEqual(given, [b'"start"', b'"note"'])
        self.assertEqual(rig.query("of"), '"of"')


class Definitions(unittest.TestCase):
    def test_mistakes_are_told_when_the_class_is_defined(self) -> None:
        def no_run() -> None:
            @workflow.defn
            class NoRun:
                pass

        def two_of_a_name() -> None:
            @workflow.defn
            class TwoSignals:
                @workflow.run
                async def run(self) -> None: ...

                @workflow.signal(name="x")
                def a(self) -> None: ...

                @workflow.signal(name="x")
                def b(self) -> None: ...

        def asynchronous_query() -> None:
            @workflow.defn
            class Asynchronous:
                @workflow.run
                async def run(self) -> None: ...

                @workflow.query
                async def state(self) -> None: ...

        def needs_init() -> None:
            @workflow.defn
            class Needs:
                def __init__(self, order: int) -> None: ...

                @workflow.run
                async def run(self, order: int) -> None: ...

        for define, words in [
            (no_run, "has no method with `@workflow.run`"),
            (two_of_a_name, "has two signal handlers named `x`"),
            (asynchronous_query, "is `async`, but a query cannot wait"),
            (needs_init, "takes arguments, so it needs `@workflow.init`"),
        ]:
            with self.assertRaisesRegex(workflow.DefinitionError, words):
                define()
