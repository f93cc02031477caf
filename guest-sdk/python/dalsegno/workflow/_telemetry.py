"""What a run says of itself to operators: its log, and figures. Those of a replay are dropped."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from .._internal import contract

logger = logging.getLogger("dalsegno.workflow")
"""Goes to the run's log, what is given as `extra` as its fields. Any other logger and `print` do too."""


class Counter:
    """A figure that is added to."""

    def __init__(self, name: str) -> None:
        self._name = name

    def add(self, value: int, additional_attributes: Mapping[str, Any] | None = None) -> None:
        """Adds to it."""
        contract.telemetry.count(self._name, value, _tags(additional_attributes))


class Histogram:
    """A figure of which the host keeps the distribution."""

    def __init__(self, name: str) -> None:
        self._name = name

    def record(self, value: float, additional_attributes: Mapping[str, Any] | None = None) -> None:
        """Adds a value."""
        contract.telemetry.record(self._name, float(value), _tags(additional_attributes))


class MetricMeter:
    """Makes figures."""

    def create_counter(self, name: str, description: str | None = None, unit: str | None = None) -> Counter:
        """A figure that is added to."""
        return Counter(name)

    def create_histogram(
        self, name: str, description: str | None = None, unit: str | None = None
    ) -> Histogram:
        """A figure of which the host keeps the distribution."""
        return Histogram(name)


def metric_meter() -> MetricMeter:
    """Figures for operators."""
    return MetricMeter()


def _tags(attributes: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in (attributes or {}).items()]
