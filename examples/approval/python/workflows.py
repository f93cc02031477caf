"""Waits for a decision, for seven days."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from dalsegno import workflow

TIME_TO_DECIDE = timedelta(days=7)


@dataclass
class Waiting:
    status: str = "waiting"


@dataclass
class Approved:
    by: str
    status: str = "approved"


@dataclass
class Rejected:
    by: str
    reason: str | None
    status: str = "rejected"


@dataclass
class Expired:
    status: str = "expired"


Decision = Waiting | Approved | Rejected | Expired


@workflow.defn(name="approval")
class Approval:
    """Waits for the signal `approve` or `reject`; without one it expires."""

    def __init__(self) -> None:
        self.decision: Decision = Waiting()

    @workflow.run
    async def run(self, subject: str, seconds: float | None = None) -> dict[str, Any]:
        limit = TIME_TO_DECIDE if seconds is None else timedelta(seconds=seconds)
        try:
            await workflow.wait_condition(lambda: not isinstance(self.decision, Waiting), timeout=limit)
        except TimeoutError:
            self.decide(Expired())
        return self.status()

    @workflow.signal
    def approve(self, by: str) -> None:
        """Says yes."""
        self.decide(Approved(by))

    @workflow.signal
    def reject(self, by: str, reason: str | None = None) -> None:
        """Says no."""
        self.decide(Rejected(by, reason))

    @workflow.query
    def status(self) -> dict[str, Any]:
        """The decision so far."""
        return asdict(self.decision)

    def decide(self, decision: Decision) -> None:
        """The first decision counts."""
        if isinstance(self.decision, Waiting):
            self.decision = decision
