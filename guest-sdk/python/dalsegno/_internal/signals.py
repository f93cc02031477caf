"""Signals that nobody has taken yet."""

from __future__ import annotations

from collections import Counter
from typing import Any


class SignalBuffer:
    """Signals in the order in which they came."""

    def __init__(self) -> None:
        self._kept: list[Any] = []

    def push(self, signal: Any) -> None:
        """Keeps one."""
        self._kept.append(signal)

    def take(self, name: str) -> Any | None:
        """Takes the oldest of a name."""
        for index, signal in enumerate(self._kept):
            if signal.name == name:
                return self._kept.pop(index)
        return None

    def has(self, name: str) -> bool:
        """True if one of this name is kept."""
        return any(signal.name == name for signal in self._kept)

    def take_all(self) -> list[Any]:
        """Takes all."""
        taken, self._kept = self._kept, []
        return taken

    def numbers(self) -> Counter[str]:
        """How many there are of each name."""
        return Counter(signal.name for signal in self._kept)
