"""What cannot become a component is told when it is loaded. In another process: what is loaded stays."""

import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]

WORKFLOW = """
from dalsegno import workflow

@workflow.defn
class Greets:
    @workflow.run
    async def run(self) -> str:
        return "hello"
"""

DRAWS = {
    "import uuid\nKEY = uuid.uuid4()": "`uuid.uuid4`",
    "import random\nKEY = random.random()": "`random.random`",
    "import random\nKEY = random.choice('abc')": "`random.choice`",
    "import secrets\nKEY = secrets.choice('abc')": "`secrets.choice`",
    "from random import randint\nKEY = randint(1, 6)": "`random.randint`",
    "from datetime import datetime\nKEY = datetime.now()": "`datetime.now`",
    "import time\ndef now():\n    return time.time()\nKEY = now()": "`time.time`",
    "import secrets\nKEY = secrets.token_hex()": "`secrets.token_hex`",
}


class Building(unittest.TestCase):
    def test_what_would_be_the_same_in_all_runs_is_refused_with_its_line(self) -> None:
        for code, name in DRAWS.items():
            told = _loaded(code + WORKFLOW)
            self.assertIn(f"{name} is called while the component is built", told)
            self.assertIn('greets.py", line', told)
            self.assertNotIn("dalsegno/", told.partition("BuildError:")[2])
            self.assertNotIn("entry.py", told.partition("BuildError:")[2])

    def test_a_draw_is_refused_whatever_is_caught(self) -> None:
        code = "import random\ntry:\n    KEY = random.random()\nexcept Exception:\n    pass"
        told = _loaded(code + WORKFLOW)
        self.assertIn("`random.random` is called while", told)
        self.assertRegex(told, r'greets.py", line 3, in <module>\n    KEY = random.random()')

    def test_what_libraries_draw_and_own_generators_are_nobodys_business(self) -> None:
        library = "import random, uuid\nSALT, KEY = random.random(), uuid.uuid4()"
        code = "import drawn, random\nDICE = random.Random(7).randint(1, 6)\nlater = lambda: random.random()"
        told = _loaded(code + WORKFLOW, **{"site-packages/drawn.py": library})
        self.assertEqual(told, "")

    def test_errors_are_told_without_frames_of_the_sdk(self) -> None:
        told = _loaded("def divide(by):\n    return 1 / by\nHALF = divide(0)").partition("BuildError: ")[2]
        lines = [line.partition(", ")[2] or line for line in told.splitlines()]
        self.assertEqual(
            lines,
            [
                "Traceback (most recent call last):",
                "line 3, in <module>",
                "    HALF = divide(0)",
                "line 2, in divide",
                "    return 1 / by",
                "ZeroDivisionError: division by zero",
            ],
        )

    def test_a_missing_module_is_told_with_where_it_has_to_be(self) -> None:
        told = _loaded("import left_pad_2" + WORKFLOW)
        self.assertIn("ModuleNotFoundError: No module named 'left_pad_2'\n  help: your own modules", told)
        self.assertIn("packages from its .venv", told)

    def test_there_is_no_network_while_it_is_loaded(self) -> None:
        told = _loaded("import urllib.request\nurllib.request.urlopen('http://localhost/')" + WORKFLOW)
        self.assertIn("a workflow has no network: call it by `dalsegno.http`", told)
        self.assertIn('greets.py", line 2, in <module>', told)

    def test_a_module_without_workflows_is_refused(self) -> None:
        self.assertIn("BuildError: the module `greets` has no class with `@workflow.defn`", _loaded(""))

    def test_two_workflows_of_a_name_are_refused(self) -> None:
        told = _loaded("import others\n" + WORKFLOW, **{"others.py": WORKFLOW})
        self.assertIn("two workflow types are named `Greets`: `others.Greets` and `greets.Greets`", told)


def _loaded(code: str, **others: str) -> str:
    """What loading a module says, with other files beside it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {"greets.py": code, **others}.items():
            file = Path(folder, name)
            file.parent.mkdir(exist_ok=True)
            file.write_text(textwrap.dedent(text))
        script = (
            f"import sys; sys.path[:0] = [{str(FOLDER)!r}, {folder!r}, {folder + '/site-packages'!r}]\n"
            "import tests\nfrom dalsegno.component import load\nload('greets')"
        )
        entry = Path(folder, "entry.py")
        entry.write_text(script)
        done = subprocess.run([sys.executable, entry], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
