"""The bindings that componentize-py would make, as a host that writes down what it is asked."""

from __future__ import annotations

import dataclasses
import json
import sys
import types as python_types
from typing import Any, Generic, TypeVar

from . import wit

T = TypeVar("T")


@dataclasses.dataclass
class Ok(Generic[T]):
    """The success of a result."""

    value: T


@dataclasses.dataclass(frozen=True)
class Err(Generic[T], Exception):
    """The failure of a result."""

    value: T


class Recorder:
    """What the host was asked, and what it answers."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begins anew, for another run."""
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.logged: list[str] = []
        self.operations = 0
        self.random = 0
        self.cancelling_waits = False
        self.call_sites = False
        self.patches: set[str] = set()
        self.info: Any = None

    def answer(self, function: str, arguments: tuple[Any, ...]) -> Any:
        """Notes a call of the host, and answers."""
        if function == "run.info":
            return self.info
        if function == "run.random_bytes":
            self.random += 1
            return bytes([self.random]) * arguments[0]
        if function == "telemetry.wants_call_sites":
            return self.call_sites
        if function == "telemetry.log":
            self.logged.append(arguments[1])
            return None
        self.calls.append((function, arguments))
        if function == "run.patched":
            return arguments[0] not in self.patches
        if function == "run.get_version":
            return arguments[2]
        if function.endswith(".cancel") and function != "runs.cancel":
            return not self.cancelling_waits
        if function == "children.start":
            self.operations += 2
            return modules["children"].Child(self.operations - 1, self.operations)
        if function in (
            "activities.schedule",
            "activities.schedule_local",
            "timers.start",
            "runs.signal",
            "runs.cancel",
        ):
            self.operations += 1
            return self.operations
        return None


recorder = Recorder()
modules: dict[str, Any] = {}


def install() -> None:
    """Makes the bindings importable."""
    if "wit_world" in sys.modules:
        return
    _module("componentize_py_types", Ok=Ok, Err=Err)
    _module("wit_world")
    _module("wit_world.imports")
    _module("wit_world.exports", Guest=object)
    for name, text in wit.interfaces():
        parent = "exports" if name == "guest" else "imports"
        module = _module(f"wit_world.{parent}.{name}", **wit.types(text))
        setattr(sys.modules[f"wit_world.{parent}"], name, module)
        modules[name] = module
        for function in wit.functions(text):
            setattr(module, function.name, _recorded(name, function))


def _module(name: str, **members: Any) -> Any:
    module = python_types.ModuleType(name)
    vars(module).update(members)
    module.__path__ = []
    sys.modules[name] = module
    return module


def _recorded(interface: str, function: wit.Function) -> Any:
    def call(*arguments: Any) -> Any:
        assert len(arguments) == len(function.arguments), f"{function.name} takes {function.arguments}"
        for value, (name, type_name) in zip(arguments, function.arguments, strict=True):
            wit.check(value, type_name, f"{interface}.{function.name}: {name}")
        return recorder.answer(f"{interface}.{function.name}", arguments)

    return call


def payload(value: Any) -> Any:
    """A JSON payload."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return modules["types"].Payload([("encoding", b"json/plain")], text.encode())


def texts(payloads: list[Any]) -> str:
    """Payloads, for people."""
    return ", ".join(payload.data.decode() for payload in payloads)
