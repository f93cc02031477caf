"""Python's library, imported when the component is built: a running component has no files to import from."""

from __future__ import annotations

import importlib
import importlib.abc
import sys
from collections.abc import Sequence
from typing import Any

_LIBRARY = """
abc argparse array asyncio base64 binascii bisect builtins calendar cmath codecs collections collections.abc colorsys
configparser contextlib contextvars copy copyreg csv dataclasses datetime decimal _strptime difflib email.message
email.policy email.utils encodings.ascii encodings.cp1252 encodings.idna encodings.latin_1 encodings.utf_16
encodings.utf_32 encodings.utf_8 encodings.utf_8_sig enum errno fnmatch fractions functools gettext hashlib heapq hmac
html html.entities html.parser inspect io ipaddress itertools json json.decoder json.encoder keyword linecache locale
logging logging.handlers math mimetypes numbers operator os os.path pathlib pickle platform pprint queue quopri random re
reprlib secrets shlex signal socket statistics string string.templatelib stringprep struct subprocess sys tempfile
textwrap threading time timeit token tokenize traceback types typing unicodedata urllib.parse urllib.request uuid
warnings weakref xml.dom.minidom xml.etree.ElementTree xml.sax zlib zoneinfo
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
    """The last finder: nobody has found the module."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> None:
        """Says how to import it."""
        raise ModuleNotFoundError(
            f"the module `{name}` is not in the component: import it at the top level of your workflow module, "
            "so that it is there when the component is built",
            name=name,
        )


def close() -> None:
    """From now on nothing new can be imported."""
    sys.meta_path.append(NotInComponent())
