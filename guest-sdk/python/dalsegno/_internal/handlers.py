"""The asynchronous handlers that are at work."""

from __future__ import annotations

from collections import Counter

from ..common import HandlerUnfinishedPolicy


class Handlers:
    """All of a run."""

    def __init__(self) -> None:
        self._begun = 0
        self._at_work: dict[int, tuple[str, HandlerUnfinishedPolicy]] = {}

    def begin(self, name: str, policy: HandlerUnfinishedPolicy) -> int:
        """Counts them from 1 in the order of their beginnings."""
        self._begun += 1
        self._at_work[self._begun] = (name, policy)
        return self._begun

    def end(self, number: int) -> None:
        """One has ended."""
        self._at_work.pop(number, None)

    def all_finished(self) -> bool:
        """True if none is at work."""
        return not self._at_work

    def to_warn_of(self) -> Counter[str]:
        """How many of each name are not to be abandoned in silence."""
        warned = HandlerUnfinishedPolicy.WARN_AND_ABANDON
        return Counter(name for name, policy in self._at_work.values() if policy == warned)
