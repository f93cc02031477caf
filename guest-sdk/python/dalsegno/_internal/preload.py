"""Python's library, imported when the component is built: a running component has no files to import from."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from typing import Any

_LIBRARY = """
abc argparse array base64 binascii bisect calendar cmath collections.abc contextlib contextvars copy csv
dataclasses datetime decimal _strptime difflib encodings.ascii encodings.latin_1 encodings.utf_16
encodings.utf_8_sig enum fnmatch fractions functools graphlib hashlib heapq hmac html io itertools json locale
logging math numbers operator pathlib pprint random re secrets shlex statistics string struct textwrap time
traceback types typing unicodedata urllib.parse uuid warnings weakref zlib zoneinfo
"""


def import_library() -> None:
    """Imports the part of the library that workflow code may need, so that it may import it anywhere."""
    for name in _LIBRARY.split():
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            # Python versions differ.
            continue


class NotInComponent(importlib.abc.MetaPathFinder):
    """The last finder: the interpreter itself does not have the module."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> None:
        """Says how to import it."""
        raise ModuleNotFoundError(
            f"the module `{name}` is not in the component: import it at the top level of your workflow "
            "module, so that it is there when the component is built",
            name=name,
        )


def close() -> None:
    """From now on nothing is imported from files."""
    kept = (importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter)
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder in kept] + [NotInComponent()]
