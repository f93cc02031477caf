"""Waiting for several at once, in an order that replays repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

from .._internal.runtime import current


async def wait(
    fs: Iterable[Any], *, timeout: float | None = None, return_when: str = asyncio.ALL_COMPLETED
) -> tuple[list[Any], list[Any]]:
    """`asyncio.wait` with lists for sets, in the order given."""
    futures = list(fs)
    done, pending = await asyncio.wait(futures, timeout=timeout, return_when=return_when)
    return [future for future in futures if future in done], [
        future for future in futures if future in pending
    ]


def as_completed(fs: Iterable[Any], *, timeout: float | None = None) -> Iterator[Any]:
    """`asyncio.as_completed`, which begins them in the order given."""
    current()
    return iter(asyncio.as_completed(fs, timeout=timeout))
