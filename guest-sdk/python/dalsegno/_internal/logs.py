"""The logging of Python's library, connected with the run's log."""

from __future__ import annotations

import logging

from . import bugs, contract

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LEVELS = (
    (logging.ERROR, "error"),
    (logging.WARNING, "warn"),
    (logging.INFO, "info"),
    (logging.DEBUG, "debug"),
)


def write(level: str, message: str, fields: dict[str, str]) -> None:
    """Adds a line to the run's log. The host drops those of a replay."""
    contract.telemetry.log(contract.telemetry.Level[level.upper()], message, list(fields.items()))


class HostHandler(logging.Handler):
    """Sends what is logged to the run's log, what is given as `extra` as its fields."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:
            # A line that cannot be put together does not end the workflow.
            message = f"{record.msg!r} does not go with the arguments {record.args!r}"
        if record.exc_info and record.exc_info[1] is not None:
            message = f"{message}\n{bugs.traceback_of(record.exc_info[1])}"
        extra = {name: str(value) for name, value in vars(record).items() if name not in _STANDARD}
        write(_level(record.levelno), message, {"logger": record.name, **extra})


def _level(number: int) -> str:
    return next((name for limit, name in _LEVELS if number >= limit), "trace")


def install() -> None:
    """Logs to the host, unless workflow code has set up logging by itself.

    What is shown is the host's to say.
    """
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(HostHandler())
        root.setLevel(logging.DEBUG)
