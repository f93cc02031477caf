"""Greets, after a durable timer, with a greeting that may be changed while it waits."""

import asyncio

from dalsegno import workflow


@workflow.defn(name="hello")
class Hello:
    """Greets after five seconds."""

    def __init__(self) -> None:
        self._greeting = "Hello"

    @workflow.run
    async def run(self, name: str) -> str:
        # A durable timer: it goes on after a crash, and days are as good as seconds.
        await asyncio.sleep(5)
        return f"{self._greeting}, {name}!"

    @workflow.signal
    def change(self, greeting: str) -> None:
        """Changes the greeting."""
        self._greeting = greeting

    @workflow.query
    def greeting(self) -> str:
        """The greeting that it would use now."""
        return self._greeting
