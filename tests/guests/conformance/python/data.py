"""Payloads, memo and search attributes."""

from datetime import datetime, timezone
from typing import Any

from children import child_id
from common import activity
from dalsegno import workflow
from dalsegno.common import SearchAttributeKey

COUNT = SearchAttributeKey.for_int("Count")
DONE = SearchAttributeKey.for_bool("Done")


@workflow.defn(name="large-payload")
class LargePayload:
    @workflow.run
    async def run(self, n: int) -> int:
        return len(await activity("echo", "x" * n))


@workflow.defn(name="unicode")
class Unicode:
    def __init__(self) -> None:
        self.values: list[Any] = []

    @workflow.signal(name="grüße 😀")
    def greetings(self, value: Any) -> None:
        self.values.append(value)

    @workflow.run
    async def run(self, text: str) -> list[Any]:
        workflow.upsert_memo({"note": text})
        echoed = await activity("echo", text)
        await workflow.wait_condition(lambda: bool(self.values))
        return [echoed, self.values[0]]


@workflow.defn(name="many-arguments")
class ManyArguments:
    @workflow.run
    async def run(
        self, text: str, int_: int, float_: float, bool_: bool, list_: list[Any], object_: dict
    ) -> list[Any]:
        return await activity("echo", text, int_, float_, bool_, list_, object_)


@workflow.defn(name="nothing")
class Nothing:
    @workflow.run
    async def run(self, argument: None) -> None:
        a = await activity("silent")
        b = await activity("echo")
        c = await activity("echo", argument)
        await activity("echo", [a, b, c])


@workflow.defn(name="mirror")
class Mirror:
    @workflow.run
    async def run(self, value: bytes) -> bytes:
        return value


@workflow.defn(name="bytes")
class Bytes:
    @workflow.run
    async def run(self) -> bytes:
        return await workflow.execute_child_workflow(Mirror.run, bytes([0, 1, 254, 255]), id=child_id())


@workflow.defn(name="attributes")
class Attributes:
    @workflow.run
    async def run(self) -> None:
        due = datetime(2001, 9, 9, 1, 46, 40, tzinfo=timezone.utc)
        workflow.upsert_search_attributes(
            [
                COUNT.value_set(3),
                DONE.value_set(True),
                SearchAttributeKey.for_datetime("Due").value_set(due),
                SearchAttributeKey.for_keyword_list("Labels").value_set(["a", "b"]),
                SearchAttributeKey.for_keyword("Region").value_set("IS"),
                SearchAttributeKey.for_float("Share").value_set(0.5),
                SearchAttributeKey.for_text("Words").value_set("two words"),
            ]
        )
        workflow.upsert_memo({"gone": "soon", "nested": {"a": [1]}, "step": 1})
        await activity("echo", "between")
        workflow.upsert_search_attributes([COUNT.value_set(4), DONE.value_unset()])
        workflow.upsert_memo({"gone": None, "step": 2})
