"""What to do to undo what was done."""

from typing import Any

from dalsegno import http
from dalsegno.exceptions import ActivityError, ApplicationError


class Saga:
    """The requests that undo what was done so far."""

    def __init__(self, services: str) -> None:
        self._services = services
        self._undo: list[tuple[str, Any]] = []

    def undo_by(self, path: str, body: Any) -> None:
        """Says how to undo what has just been done."""
        self._undo.append((path, body))

    async def compensate(self) -> None:
        """Undoes all, the last first."""
        for path, body in reversed(self._undo):
            try:
                await http.post(self._services + path, json=body)
            except ActivityError as error:
                raise ApplicationError("the order is half undone", type="CompensationFailed") from error
