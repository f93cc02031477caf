"""What the decorators of `workflow` say of a class: its name, its main routine and its handlers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..common import HandlerUnfinishedPolicy
from .arguments import DefinitionError, Parameters

MARK = "__dalsegno_mark__"
DEFINITION = "__dalsegno_definition__"


@dataclass
class Mark:
    """What a decorator leaves on a function."""

    kind: str
    # None: of a dynamic handler, or of the main routine.
    name: str | None = None
    description: str | None = None
    policy: HandlerUnfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON
    validator: Callable[..., Any] | None = None
    # Of the main routine.
    workflow: type | None = None


class Handler:
    """A handler of signals, queries or updates: a method, or a function that was set later."""

    def __init__(self, mark: Mark, function: Callable[..., Any], *, bound: bool) -> None:
        self.name = mark.name
        self.kind = mark.kind
        self.policy = mark.policy
        self.description = mark.description or _first_lines(function)
        self.function = function
        self.validator = mark.validator
        self.bound = bound
        self.is_async = inspect.iscoroutinefunction(function)
        self.parameters = Parameters(function, bound=bound)
        if mark.name is None and len(self.parameters) != 2:
            raise DefinitionError(
                f"the dynamic {mark.kind} `{function.__qualname__}` takes a name and its arguments"
            )
        if mark.kind == "query" and self.is_async:
            raise DefinitionError(f"the query `{function.__qualname__}` is `async`, but a query cannot wait")
        if mark.validator is not None and inspect.iscoroutinefunction(mark.validator):
            raise DefinitionError(
                f"the validator `{mark.validator.__qualname__}` is `async`, but it cannot wait"
            )


@dataclass
class Definition:
    """A workflow type."""

    name: str
    cls: type
    run: Callable[..., Any]
    parameters: Parameters
    init_takes_input: bool
    description: str | None
    failure_types: tuple[type[BaseException], ...]
    signals: dict[str | None, Handler] = field(default_factory=dict)
    queries: dict[str | None, Handler] = field(default_factory=dict)
    updates: dict[str | None, Handler] = field(default_factory=dict)

    def handlers(self, kind: str) -> dict[str | None, Handler]:
        """Those of a kind, by name; the dynamic one by None."""
        return {"signal": self.signals, "query": self.queries, "update": self.updates}[kind]


# All types of the module, by name, in the order of their definition.
registry: dict[str, Definition] = {}


def define(cls: type, name: str | None, failure_types: Sequence[type[BaseException]]) -> Definition:
    """Reads the class, and enters it as a workflow type.

    Raises `DefinitionError`.
    """
    marked = _marked(cls)
    runs = [(function, mark) for function, mark in marked if mark.kind == "run"]
    if not runs:
        raise DefinitionError(f"the workflow `{cls.__qualname__}` has no method with `@workflow.run`")
    if len(runs) > 1:
        raise DefinitionError(
            f"the workflow `{cls.__qualname__}` has more than one method with `@workflow.run`"
        )
    run, mark = runs[0]
    mark.workflow = cls
    init = cls.__init__
    definition = Definition(
        name=cls.__name__ if name is None else name,
        cls=cls,
        run=run,
        parameters=Parameters(run),
        init_takes_input=getattr(getattr(init, MARK, None), "kind", None) == "init",
        description=_first_lines(cls) or _first_lines(run),
        failure_types=tuple(failure_types),
    )
    _check_init(definition, init)
    for function, mark in marked:
        if mark.kind in ("signal", "query", "update"):
            _add(definition, Handler(mark, function, bound=False))
    _register(definition)
    return definition


def _marked(cls: type) -> list[tuple[Callable[..., Any], Mark]]:
    """The decorated methods, those of base classes first, each as the class itself has it."""
    names: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        names.update(dict.fromkeys(vars(base)))
    found = [
        (function, getattr(function, MARK, None)) for function in (getattr(cls, name, None) for name in names)
    ]
    return [(function, mark) for function, mark in found if isinstance(mark, Mark)]


def _check_init(definition: Definition, init: Any) -> None:
    if definition.init_takes_input:
        if inspect.signature(init).parameters.keys() != inspect.signature(definition.run).parameters.keys():
            raise DefinitionError(
                f"`__init__` with `@workflow.init` and `{definition.run.__qualname__}` have to take the same "
                "arguments"
            )
    elif init is not object.__init__ and any(
        parameter.default is inspect.Parameter.empty
        for parameter in list(inspect.signature(init).parameters.values())[1:]
        if parameter.kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    ):
        raise DefinitionError(
            f"`{definition.cls.__qualname__}.__init__` takes arguments, so it needs `@workflow.init`"
        )


def _add(definition: Definition, handler: Handler) -> None:
    handlers = definition.handlers(handler.kind)
    if handler.name in handlers:
        which = "dynamic" if handler.name is None else f"named `{handler.name}`"
        raise DefinitionError(f"the workflow `{definition.name}` has two {handler.kind} handlers {which}")
    handlers[handler.name] = handler


def _register(definition: Definition) -> None:
    known = registry.get(definition.name)
    if known is not None and _full_name(known.cls) != _full_name(definition.cls):
        raise DefinitionError(
            f"two workflow types are named `{definition.name}`: `{_full_name(known.cls)}` and "
            f"`{_full_name(definition.cls)}`"
        )
    registry[definition.name] = definition
    setattr(definition.cls, DEFINITION, definition)


def _full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _first_lines(documented: Any) -> str | None:
    """The first paragraph of a docstring."""
    text = inspect.cleandoc(documented.__doc__ or "") if "__doc__" in dir(documented) else ""
    return " ".join(text.split("\n\n")[0].split()) or None
