"""Chains of runs, versions, time and randomness, and what a run knows of itself."""

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from common import activity
from dalsegno import workflow
from dalsegno.exceptions import ApplicationError


@workflow.defn(name="continue-as-new")
class ContinueAsNew:
    @workflow.run
    async def run(self, n: int, log: list[int]) -> list[int]:
        await activity("echo", n)
        log.append(n)
        if n == 2:
            return log
        workflow.continue_as_new(args=[n + 1, log])


@workflow.defn(name="carried-signal")
class CarriedSignal:
    def __init__(self) -> None:
        self.gone = False

    @workflow.signal
    def go(self) -> None:
        self.gone = True

    @workflow.run
    async def run(self, round: int) -> list[Any]:
        if round == 0:
            await workflow.wait_condition(lambda: self.gone)
            workflow.continue_as_new(1)
        late = workflow.signals("late")
        return [await late.next(), await late.next()]


@workflow.defn(name="retried-workflow")
class Retried:
    @workflow.run
    async def run(self) -> int:
        attempt = workflow.info().attempt
        if attempt < 3:
            raise ApplicationError(f"attempt {attempt}", type="Unlucky")
        return attempt


@workflow.defn(name="patches")
class Patches:
    @workflow.run
    async def run(self) -> list[Any]:
        a = workflow.patched("first")
        b = workflow.patched("first")
        workflow.deprecate_patch("second")
        v = workflow.get_version("third", 1, 3)
        w = workflow.get_version("third", 1, 3)
        return await activity("echo", [a, b, v, w])


@workflow.defn(name="draws")
class Draws:
    @workflow.run
    async def run(self) -> dict[str, bool]:
        u1, u2 = uuid.uuid4(), uuid.uuid4()
        r1, r2 = random.random(), random.random()
        t1, t2 = datetime.now(), datetime.now()
        await activity("echo", f"{u1} {u2} {r1} {r2} {t1}")
        await workflow.sleep(0.05)
        t3 = datetime.now()
        return {
            "moved": t3 - t1 >= timedelta(milliseconds=50),
            "random_differ": r1 != r2,
            "still": t1 == t2,
            "uuids_differ": u1 != u2,
        }


@workflow.defn(name="info")
class Info:
    @workflow.run
    async def run(self) -> dict[str, Any]:
        info = workflow.info()
        return {
            "attempt": info.attempt,
            "continued": info.continued_run_id is not None,
            "first": info.run_id == info.first_execution_run_id,
            "namespace": info.namespace,
            "parent": info.parent.workflow_id if info.parent else None,
            "task_queue": info.task_queue,
            "workflow_id": info.workflow_id,
            "workflow_type": info.workflow_type,
        }
