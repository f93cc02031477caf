"""Durations in the units of the contract."""

from __future__ import annotations

from datetime import timedelta

_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


def milliseconds(duration: timedelta | float) -> int:
    """A part of a millisecond counts as a whole one. A number is of seconds; below zero is zero.

    Raises `ValueError` of what is no duration, or a longer one than Python has.
    """
    if not isinstance(duration, timedelta):
        try:
            duration = round(duration * 1_000_000) * _MICROSECOND
        except (OverflowError, ValueError):
            longest = f"{timedelta.max.days} days, {timedelta.max.days * 86_400} seconds"
            why = f"a workflow cannot wait for {duration!r} seconds: the longest is {longest}"
            raise ValueError(why) from None
    return max(0, -(-duration // _MILLISECOND))


def optional_milliseconds(duration: timedelta | None) -> int | None:
    """The same of what may be absent. An option is a `timedelta`: a bare number would be of unknown unit."""
    if duration is None:
        return None
    if not isinstance(duration, timedelta):
        raise TypeError(f"a time limit is a `datetime.timedelta`, not {duration!r}")
    return milliseconds(duration)


def from_milliseconds(duration: int | None) -> timedelta | None:
    """The reverse."""
    return None if duration is None else timedelta(milliseconds=duration)
