"""What a workflow cannot do, each by its name."""

import asyncio
import io
import multiprocessing
import os
import pathlib
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from dalsegno import workflow


class Foreign:
    """Awaits what belongs to no event loop of ours."""

    def __await__(self):
        yield "something foreign"


async def stranger():
    return await Foreign()


def late_import():
    import xml.dom.minidom

    return xml.dom.minidom.__name__


def compute():
    number = 0
    while True:
        number += 1


async def compute_later():
    await asyncio.sleep(0)
    compute()


MISDEEDS = {
    "aborts": lambda: os.abort(),
    "awaits-something-foreign": stranger,
    "calls-asyncio-run": lambda: asyncio.run(asyncio.sleep(1)),
    "compiles-nonsense": lambda: compile("total = = 1", "rule.py", "exec"),
    "computes-without-end": compute,
    "computes-without-end-after-a-wait": compute_later,
    "connects": lambda: socket.create_connection(("127.0.0.1", 80)),
    "connects-by-asyncio": lambda: asyncio.open_connection("127.0.0.1", 80),
    "debugs": lambda: breakpoint(),
    "exits": lambda: sys.exit(1),
    "imports-late": late_import,
    "listens": lambda: socket.create_server(("127.0.0.1", 0)),
    "looks-up-a-time-zone": lambda: ZoneInfo("Europe/Berlin"),
    "opens-a-file": lambda: open("/etc/hosts"),
    "opens-a-file-by-io": lambda: io.open("notes.txt", "w"),
    "reads-a-path": lambda: pathlib.Path("/etc/hosts").read_text(),
    "reads-the-console": lambda: input(),
    "removes-a-file": lambda: os.unlink("notes.txt"),
    "requests": lambda: urllib.request.urlopen("http://127.0.0.1/"),
    "runs-a-program": lambda: subprocess.run(["true"]),
    "runs-a-program-by-asyncio": lambda: asyncio.create_subprocess_exec("true"),
    "runs-a-shell": lambda: os.system("true"),
    "sleeps": lambda: time.sleep(1),
    "starts-a-pool": lambda: ThreadPoolExecutor().submit(print),
    "starts-a-process": lambda: multiprocessing.Process(target=print).start(),
    "starts-a-thread": lambda: threading.Thread(target=print).start(),
    "starts-a-thread-by-asyncio": lambda: asyncio.to_thread(print),
    "takes-a-signal": lambda: signal.signal(signal.SIGTERM, print),
    "waits-for-a-queue": lambda: queue.Queue().get(),
}


@workflow.defn(name="misdeed")
class Misdeed:
    """Does what its argument names."""

    @workflow.run
    async def run(self, name: str) -> None:
        done = MISDEEDS[name]()
        if asyncio.iscoroutine(done):
            await done
