"""Calls over HTTP, by the host's built-in activity `http`.

Every attempt of a call carries the same `Idempotency-Key`. The statuses 408, 425, 429 and 5xx are tried again
by the retry policy; other statuses that are no success fail at once, see `error_status`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from . import converter, workflow
from ._internal.durations import milliseconds
from .exceptions import ApplicationError, chain

__all__ = ["ErrorStatus", "Response", "delete", "error_status", "get", "patch", "post", "put", "request"]

START_TO_CLOSE_DEFAULT = timedelta(seconds=30)
"""The time limit of one attempt, unless `start_to_close_timeout` says otherwise."""

_NO_BODY: Any = object()


@dataclass
class Response:
    """The response to a request that succeeded."""

    status: int
    """From 200 to 299."""
    headers: dict[str, str] = field(default_factory=dict)
    """By their names in small letters."""
    body: Any = None
    """Read as JSON, or a text."""


@dataclass
class ErrorStatus:
    """The response to a request that failed by its status."""

    status: int
    """400 and above, mostly."""
    body: Any = None
    """JSON, or a text."""


async def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = _NO_BODY,
    timeout: timedelta | None = None,
    result_type: Any = Any,
    local: bool = False,
    **options: Any,
) -> Response:
    """Sends a request, and waits for the response, whose body is read as `result_type`.

    `timeout` limits the request itself, more narrowly than the attempt as a whole. `local` makes it a local
    activity: for short requests, several of which then cost one commit. Other options are those of
    `workflow.start_activity`.
    """
    call: dict[str, Any] = {"method": method, "url": url}
    if headers:
        call["headers"] = dict(sorted(headers.items()))
    if json is not _NO_BODY:
        call["body"] = json
    if timeout is not None:
        call["timeout"] = f"{milliseconds(timeout)}ms"
    start = workflow.start_local_activity if local else workflow.start_activity
    if options.get("schedule_to_close_timeout") is None:
        options.setdefault("start_to_close_timeout", START_TO_CLOSE_DEFAULT)
    response = await start("http", call, result_type=Response, **options)
    response.body = converter.fit(response.body, result_type)
    return response


async def get(url: str, **options: Any) -> Response:
    """A `GET` request. Options are those of `request`."""
    return await request("GET", url, **options)


async def post(url: str, **options: Any) -> Response:
    """A `POST` request. Options are those of `request`."""
    return await request("POST", url, **options)


async def put(url: str, **options: Any) -> Response:
    """A `PUT` request. Options are those of `request`."""
    return await request("PUT", url, **options)


async def patch(url: str, **options: Any) -> Response:
    """A `PATCH` request. Options are those of `request`."""
    return await request("PATCH", url, **options)


async def delete(url: str, **options: Any) -> Response:
    """A `DELETE` request. Options are those of `request`."""
    return await request("DELETE", url, **options)


def error_status(error: BaseException) -> ErrorStatus | None:
    """The response behind a failure, if the request failed by its status."""
    for link in chain(error):
        if isinstance(link, ApplicationError):
            return (
                converter.fit(link.details[0], ErrorStatus)
                if link.type == "HttpStatus" and link.details
                else None
            )
    return None
