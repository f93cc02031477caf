"""The built-in queries."""

import unittest

from dalsegno import workflow

from .rig import Rig


@workflow.defn
class Greeting:
    @workflow.run
    async def run(self) -> str:
        return "Hello"


class StackTraces(unittest.TestCase):
    def test_nothing_waits_in_a_run_that_has_ended(self) -> None:
        self.assertEqual(Rig.started(Greeting).query("__stack_trace"), '""')
