"""Signals, queries and updates."""

from collections.abc import Sequence
from typing import Any

from common import activity
from dalsegno import workflow
from dalsegno.common import RawValue
from dalsegno.exceptions import ApplicationError


@workflow.defn(name="signals")
class Signals:
    def __init__(self) -> None:
        self.values: list[Any] = []
        self.is_done = False

    @workflow.signal
    def add(self, value: Any) -> None:
        self.values.append(value)

    @workflow.signal
    def done(self) -> None:
        self.is_done = True

    @workflow.query
    def count(self) -> int:
        return len(self.values)

    @workflow.run
    async def run(self) -> list[Any]:
        await workflow.wait_condition(lambda: self.is_done)
        return self.values


@workflow.defn(name="async-signal-handler")
class AsyncSignalHandler:
    def __init__(self) -> None:
        self.total = 0
        self.is_done = False

    @workflow.signal
    async def work(self, n: int) -> None:
        self.total += await activity("echo", n)

    @workflow.signal
    def done(self) -> None:
        self.is_done = True

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.is_done and workflow.all_handlers_finished())
        return self.total


@workflow.defn(name="all-handlers-finished")
class AllHandlersFinished:
    def __init__(self) -> None:
        self.holding = 0
        self.finished = 0
        self.released = False
        self.is_done = False

    @workflow.signal
    async def hold(self) -> None:
        self.holding += 1
        await workflow.wait_condition(lambda: self.released)
        await activity("echo", "held")
        self.finished += 1

    @workflow.signal
    def release(self) -> None:
        self.released = True

    @workflow.signal(name="done")
    def finish(self) -> None:
        self.is_done = True

    @workflow.query
    def held(self) -> int:
        return self.holding

    @workflow.query
    def done(self) -> bool:
        return self.is_done

    @workflow.run
    async def run(self) -> list[Any]:
        await workflow.wait_condition(lambda: self.is_done)
        before = workflow.all_handlers_finished()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return [before, self.finished]


@workflow.defn(name="buffered-signal")
class BufferedSignal:
    def __init__(self) -> None:
        self.gone = False

    @workflow.signal
    def go(self) -> None:
        self.gone = True

    @workflow.run
    async def run(self) -> list[Any]:
        await workflow.wait_condition(lambda: self.gone)
        late = workflow.signals("late")
        return [await late.next(), await late.next()]


@workflow.defn(name="signal-fails")
class SignalFails:
    @workflow.signal
    def bad(self) -> None:
        raise ApplicationError("the signal is refused", type="BadSignal")

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@workflow.defn(name="dynamic-handlers")
class DynamicHandlers:
    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.is_done = False

    @workflow.signal
    def done(self) -> None:
        self.is_done = True

    @workflow.signal(dynamic=True)
    def any_signal(self, name: str, args: Sequence[RawValue]) -> None:
        self.heard.append([name, _values(args)])

    @workflow.query
    def count(self) -> int:
        return len(self.heard)

    @workflow.query(dynamic=True)
    def any_query(self, name: str, args: Sequence[RawValue]) -> list[Any]:
        return [name, _values(args), len(self.heard)]

    @workflow.update(dynamic=True)
    def any_update(self, name: str, args: Sequence[RawValue]) -> int:
        self.heard.append([f"update {name}", _values(args)])
        return len(self.heard)

    @any_update.validator
    def check(self, name: str, args: Sequence[RawValue]) -> None:
        if name == "forbidden":
            raise ApplicationError("this name is not taken", type="Forbidden")

    @workflow.run
    async def run(self) -> list[Any]:
        await workflow.wait_condition(lambda: self.is_done)
        return self.heard


def _values(args: Sequence[RawValue]) -> list[Any]:
    converter = workflow.payload_converter()
    return [converter.from_payload(arg.payload) for arg in args]


@workflow.defn(name="queries")
class Queries:
    def __init__(self) -> None:
        self.now = ""
        self.counter = 0
        self.is_done = False

    @workflow.signal
    def done(self) -> None:
        self.is_done = True

    @workflow.query
    def state(self) -> str:
        return self.now

    @workflow.query
    def add(self, a: int, b: int) -> int:
        return a + b

    @workflow.query
    def refused(self) -> None:
        raise ApplicationError("not yet", type="NotReady")

    @workflow.query
    def bump(self) -> int:
        self.counter += 1
        return self.counter

    @workflow.run
    async def run(self) -> int:
        self.now = "waiting"
        await workflow.wait_condition(lambda: self.is_done)
        self.now = "done"
        return self.counter


@workflow.defn(name="updates")
class Updates:
    def __init__(self) -> None:
        self.amount = 0
        self.closed = False

    @workflow.update
    def add(self, n: int) -> int:
        self.amount += n
        return self.amount

    @workflow.update
    def withdraw(self, n: int) -> int:
        self.amount -= n
        return self.amount

    @withdraw.validator
    def check_withdraw(self, n: int) -> None:
        if n > self.amount:
            raise ApplicationError(f"there is only {self.amount}", self.amount, type="TooLittle")

    @workflow.update(name="add-slowly")
    async def add_slowly(self, n: int) -> int:
        await activity("echo", "check")
        self.amount += n
        await activity("echo", "book")
        return self.amount

    @workflow.update
    def refuse(self, why: str) -> None:
        raise ApplicationError(why, type="Refused")

    @workflow.signal
    def close(self) -> None:
        self.closed = True

    @workflow.query
    def balance(self) -> int:
        return self.amount

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.closed)
        return self.amount
