"""What calls have in common: retry policies, payloads, search attributes, policies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Generic, TypeVar

__all__ = [
    "HandlerUnfinishedPolicy",
    "Payload",
    "RawValue",
    "RetryPolicy",
    "SearchAttributeKey",
    "SearchAttributePair",
    "SearchAttributeUpdate",
    "TypedSearchAttributes",
    "WorkflowIDReusePolicy",
]

T = TypeVar("T")


@dataclass
class RetryPolicy:
    """How failed attempts of an activity, a child or a run are repeated.

    What is `None` has the host's default.
    """

    initial_interval: timedelta | None = None
    """The first backoff; 1 s by default."""
    backoff_coefficient: float | None = None
    """What each backoff is multiplied with; 2.0 by default."""
    maximum_interval: timedelta | None = None
    """The longest backoff; 100 times the first by default."""
    maximum_attempts: int | None = None
    """1 means that nothing is repeated, 0 (the default) that the number is not limited."""
    non_retryable_error_types: Sequence[str] | None = None
    """Types of application errors that are not repeated, matched exactly."""


class HandlerUnfinishedPolicy(IntEnum):
    """What becomes of a handler that has not ended when the run closes."""

    WARN_AND_ABANDON = 1
    """It is given up, with a warning in the run's log."""
    ABANDON = 2
    """It is given up."""


class WorkflowIDReusePolicy(IntEnum):
    """Whether the id of a closed workflow may be used again."""

    ALLOW_DUPLICATE = 1
    ALLOW_DUPLICATE_FAILED_ONLY = 2
    REJECT_DUPLICATE = 3


@dataclass(frozen=True)
class Payload:
    """A value as it travels: `metadata["encoding"]` names its format, `json/plain` for example."""

    data: bytes
    metadata: dict[str, bytes] = field(default_factory=lambda: {"encoding": b"json/plain"})


@dataclass(frozen=True)
class RawValue:
    """An argument or result that is passed on as it is: give one, or take one by the type hint `RawValue`.

    `workflow.payload_converter()` reads it.
    """

    payload: Payload


@dataclass(frozen=True)
class SearchAttributeKey(Generic[T]):
    """The name of a search attribute, with its type. Made by `for_keyword` and its siblings."""

    name: str
    type_name: str
    """As the host calls it: `keyword`, for example."""

    @staticmethod
    def for_text(name: str) -> SearchAttributeKey[str]:
        """A text that is found by its words."""
        return SearchAttributeKey(name, "text")

    @staticmethod
    def for_keyword(name: str) -> SearchAttributeKey[str]:
        """A text that is found as a whole, or by how it begins."""
        return SearchAttributeKey(name, "keyword")

    @staticmethod
    def for_keyword_list(name: str) -> SearchAttributeKey[Sequence[str]]:
        """Several such texts."""
        return SearchAttributeKey(name, "keyword-list")

    @staticmethod
    def for_int(name: str) -> SearchAttributeKey[int]:
        """A whole number."""
        return SearchAttributeKey(name, "int")

    @staticmethod
    def for_float(name: str) -> SearchAttributeKey[float]:
        """A number with a fraction."""
        return SearchAttributeKey(name, "double")

    @staticmethod
    def for_bool(name: str) -> SearchAttributeKey[bool]:
        """True or false."""
        return SearchAttributeKey(name, "bool")

    @staticmethod
    def for_datetime(name: str) -> SearchAttributeKey[datetime]:
        """A point in time; one without a time zone is taken as UTC."""
        return SearchAttributeKey(name, "datetime")

    def value_set(self, value: T) -> SearchAttributeUpdate:
        """Sets it."""
        return SearchAttributeUpdate(self, value)

    def value_unset(self) -> SearchAttributeUpdate:
        """Removes it."""
        return SearchAttributeUpdate(self, None)


@dataclass(frozen=True)
class SearchAttributeUpdate:
    """A change of a search attribute; `None` removes it."""

    key: SearchAttributeKey[Any]
    value: Any


@dataclass(frozen=True)
class SearchAttributePair(Generic[T]):
    """A search attribute with its value."""

    key: SearchAttributeKey[T]
    value: T


@dataclass(frozen=True)
class TypedSearchAttributes(Collection[SearchAttributePair[Any]]):
    """Search attributes, each with its type."""

    search_attributes: Sequence[SearchAttributePair[Any]] = ()

    def __len__(self) -> int:
        return len(self.search_attributes)

    def __iter__(self) -> Iterator[SearchAttributePair[Any]]:
        return iter(self.search_attributes)

    def __contains__(self, key: object) -> bool:
        return any(key in (pair, pair.key) for pair in self.search_attributes)

    def __getitem__(self, key: SearchAttributeKey[T]) -> T:
        for pair in self.search_attributes:
            if pair.key == key:
                return pair.value
        raise KeyError(key)

    def get(self, key: SearchAttributeKey[T], default: Any = None) -> Any:
        """The value of a key, if it is there."""
        return self[key] if key in self else default
