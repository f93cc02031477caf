"""The asynchronous handlers that are at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from ..common import HandlerUnfinishedPolicy


class Handlers:
    """All of a run."""

    def __init__(self) -> None:
        self._begun = 0
        self._at_work: dict[int, tuple[str, HandlerUnfinishedPolicy]] = {}

    def begin(
        self, name: str, policy: HandlerUnfinishedPolicy, handler: Callable[[], Any]
    ) -> Callable[[], Any]:
        """Counts a handler as at work until what this gives has been called and awaited."""
        self._begun += 1
        number = self._begun
        self._at_work[number] = (name, policy)

        async def work() -> Any:
            try:
                return await handler()
            finally:
                del self._at_work[number]

        return work

    def all_finished(self) -> bool:
        """True if none is at work."""
        return not self._at_work

    def to_warn_of(self) -> Counter[str]:
        """How many of each name are not to be abandoned in silence."""
        warned = HandlerUnfinishedPolicy.WARN_AND_ABANDON
        return Counter(name for name, policy in self._at_work.values() if policy == warned)
