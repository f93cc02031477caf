"""The decorators that make a class a workflow."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, Protocol, TypedDict, TypeVar, Unpack, overload

from .._internal.arguments import DefinitionError
from .._internal.definition import MARK, Mark, define
from ..common import HandlerUnfinishedPolicy

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)
P = ParamSpec("P")
R = TypeVar("R", covariant=True)


@overload
def defn(cls: C) -> C: ...
@overload
def defn(
    *, name: str | None = None, failure_exception_types: Sequence[type[BaseException]] = ()
) -> Callable[[C], C]: ...
def defn(
    cls: Any = None, *, name: str | None = None, failure_exception_types: Sequence[type[BaseException]] = ()
) -> Any:
    """Makes a class a workflow type, named like the class if no other name is given.

    Exceptions of `failure_exception_types` fail the run, as failures do; all others are bugs of the code, and
    the run is kept until the code is repaired.
    """

    def decorate(cls: C) -> C:
        define(cls, name, failure_exception_types)
        return cls

    return decorate if cls is None else decorate(cls)


def init(function: F) -> F:
    """Gives `__init__` the arguments of the run method."""
    if function.__name__ != "__init__":
        raise DefinitionError(f"`@workflow.init` is for `__init__`, not for `{function.__qualname__}`")
    return _mark(function, Mark("init"))


def run(function: F) -> F:
    """The main routine of a workflow: an `async` method, whose result is that of the run."""
    if not inspect.iscoroutinefunction(function):
        raise DefinitionError(f"the run method `{function.__qualname__}` has to be `async`")
    return _mark(function, Mark("run"))


class _Options(TypedDict, total=False):
    name: str | None
    """What callers name it by: the method's own name by default."""
    dynamic: bool
    """Takes all names that no other handler takes, and a name and a list of `RawValue` as arguments."""
    description: str | None
    """For people; the first paragraph of the docstring by default."""


class _WorkOptions(_Options, total=False):
    unfinished_policy: HandlerUnfinishedPolicy
    """What becomes of it if it has not ended when the run closes."""


@overload
def signal(function: F) -> F: ...
@overload
def signal(**options: Unpack[_WorkOptions]) -> Callable[[F], F]: ...
def signal(function: Any = None, **options: Any) -> Any:
    """A handler of a signal, `async` or not. One that is `dynamic` takes a name and a list of `RawValue`."""
    return _handler("signal", function, **options)


@overload
def query(function: F) -> F: ...
@overload
def query(**options: Unpack[_Options]) -> Callable[[F], F]: ...
def query(function: Any = None, **options: Any) -> Any:
    """A handler of a query. It changes nothing and waits for nothing."""
    return _handler("query", function, **options)


class UpdateHandler(Protocol[P, R]):
    """What type checkers see of a handler of an update."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The handler itself."""

    def validator(self, function: F) -> F:
        """Decorates what decides on the update before it is accepted."""


@overload
def update(function: Callable[P, R]) -> UpdateHandler[P, R]: ...
@overload
def update(**options: Unpack[_WorkOptions]) -> Callable[[Callable[P, R]], UpdateHandler[P, R]]: ...
def update(function: Any = None, **options: Any) -> Any:
    """A handler of an update, `async` or not; its result goes to the caller.

    `@HANDLER.validator` decorates what decides on the update before it is accepted: by raising.
    """
    return _handler("update", function, **options)


def _handler(
    kind: str,
    function: Any,
    *,
    name: str | None = None,
    dynamic: bool = False,
    description: str | None = None,
    unfinished_policy: HandlerUnfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON,
) -> Any:
    if dynamic and name is not None:
        raise DefinitionError(f"a dynamic {kind} handler takes all names, so it has none of its own")

    def decorate(function: F) -> F:
        if not callable(function):
            raise DefinitionError(f"`@workflow.{kind}` is for a method; options are given by keyword")
        own_name = None if dynamic else name or function.__name__
        mark = Mark(kind, own_name, description, unfinished_policy)
        if kind == "update":
            function.validator = _validator_of(mark)  # type: ignore[attr-defined]
        return _mark(function, mark)

    return decorate if function is None else decorate(function)


def _validator_of(mark: Mark) -> Callable[[F], F]:
    def validator(function: F) -> F:
        """Decides on the update before it is accepted."""
        mark.validator = function
        return function

    return validator


def _mark(function: F, mark: Mark) -> F:
    setattr(function, MARK, mark)
    return function
