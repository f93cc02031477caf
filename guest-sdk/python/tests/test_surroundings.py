"""What workflow code cannot do is told in its own words. In another process: the guards stay for ever."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]

CODE = """
import asyncio, multiprocessing, os, pathlib, queue, socket, subprocess, threading, time, traceback, zoneinfo
from concurrent.futures import ThreadPoolExecutor
from dalsegno import workflow

@workflow.defn
class Tries:
    @workflow.run
    async def run(self, what: str) -> None:
        if what == "sleep": time.sleep(1)
        if what == "thread": threading.Thread(target=print).start()
        if what == "pool": ThreadPoolExecutor().submit(print)
        if what == "socket": socket.socket()
        if what == "program": subprocess.run(["ls"])
        if what == "shell": os.system("ls")
        if what == "process": multiprocessing.Process(target=print).start()
        if what == "run": asyncio.run(asyncio.sleep(1))
        if what == "zone": zoneinfo.ZoneInfo("Nobody/Knows")
        if what == "open": open("x")
        if what == "read": pathlib.Path("x").read_text()
        if what == "list": os.listdir(".")
        if what == "unlink": os.unlink("x")
        if what == "debug": breakpoint()
        if what == "queue": queue.Queue().get()
        if what == "import": import module_that_nobody_has
        if what == "executor": await asyncio.to_thread(print)
        if what == "trace": raise RuntimeError(traceback.format_exc())
        if what == "order":
            names = []
            async def work(name): names.append(name)
            for one in asyncio.as_completed([work(number) for number in range(50)]): await one
            assert names == list(range(50)), names
            raise RuntimeError("in order")
"""

TRIES = {
    "sleep": "`time.sleep` would block the workflow: use `await asyncio.sleep",
    "thread": "a workflow has no threads: use tasks of `asyncio`",
    "pool": "a workflow has no threads: use tasks of `asyncio`",
    "socket": "a workflow has no sockets: call it by `dalsegno.http`",
    "program": "a workflow starts no programs: do this in an activity",
    "shell": "a workflow starts no programs: do this in an activity",
    "process": "a workflow starts no processes: use tasks of `asyncio`",
    "run": "the event loop of a workflow has no `run`: it runs already: `await` the coroutine",
    "zone": "a workflow has no time zone files: use UTC",
    "open": "cannot open 'x': a workflow has no files",
    "read": "a workflow has no files",
    "list": "`os.listdir` does not work here",
    "unlink": "`os.unlink` does not work here",
    "debug": "a workflow has no console",
    "queue": "no other thread will end this wait: use `asyncio.Event`",
    "import": "the module `module_that_nobody_has` is not in the component: import it at the top level",
    "executor": "the event loop of a workflow has no `run_in_executor`",
    "trace": "NoneType: None",
    "order": "in order",
}

DRIVER = """
import sys
sys.path[:0] = sys.argv[1:]
import tests
from tests.rig import ActivationFailed, Rig
from dalsegno import component
component.load("tries")
from tries import Tries
for what in %r:
    try:
        Rig.started(Tries, what)
    except ActivationFailed as error:
        print(what, error)
"""


class Surroundings(unittest.TestCase):
    def test_what_cannot_work_says_what_to_use(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "tries.py").write_text(CODE)
            told = _python(DRIVER % list(TRIES), str(FOLDER), folder)
        for what, words in TRIES.items():
            line = next((line for line in told.splitlines() if line.startswith(f"{what} ")), "nothing")
            self.assertIn(words, line, told)

    def test_a_workflow_module_can_be_imported_without_a_component(self) -> None:
        code = f"import sys; sys.path[:0] = [{str(FOLDER)!r}]\n"
        code += "from dalsegno import http, workflow\nworkflow.now()"
        self.assertIn("RuntimeError: this works only inside a workflow", _python(code))


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr
