"""A purchase that somebody has to approve, or it is escalated and expires."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from dalsegno import http, workflow
from dalsegno.exceptions import ApplicationError

TWO_DAYS_SECONDS = 48 * 60 * 60


@dataclass
class Purchase:
    """What is to be bought, who decides, and where the services are."""

    purchase: str
    requester: str
    manager: str
    director: str
    services: str
    decide_seconds: float = TWO_DAYS_SECONDS
    escalated_seconds: float = TWO_DAYS_SECONDS


class State(Enum):
    WAITING = "waiting"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass
class Decision:
    """What is decided, and by whom."""

    by: str
    approved: bool
    reason: str | None = None


@dataclass
class Status:
    """How it stands."""

    status: State = State.WAITING
    by: str | None = None
    reason: str | None = None


@workflow.defn(name="purchase-order")
class PurchaseOrder:
    """Waits for the manager, then for the director."""

    @workflow.init
    def __init__(self, purchase: Purchase) -> None:
        self.purchase = purchase
        self.now = Status()

    @workflow.run
    async def run(self, purchase: Purchase) -> Status:
        await self.mail(purchase.manager, f"Please approve: {purchase.purchase}")
        if not await self.is_decided_within(purchase.decide_seconds):
            self.now.status = State.ESCALATED
            await self.mail(purchase.director, f"Nobody has decided: {purchase.purchase}")
            if not await self.is_decided_within(purchase.escalated_seconds):
                self.now.status = State.EXPIRED
        await self.mail(purchase.requester, f"{purchase.purchase}: {self.now.status.value}")
        return self.now

    @workflow.update
    def decide(self, decision: Decision) -> Status:
        """Approves or rejects."""
        state = State.APPROVED if decision.approved else State.REJECTED
        self.now = Status(state, decision.by, decision.reason)
        return self.now

    @decide.validator
    def may_decide(self, decision: Decision) -> None:
        if not self.is_open():
            raise ApplicationError(f"it is {self.now.status.value} already", type="AlreadyDecided")
        in_charge = [self.purchase.manager]
        if self.now.status is State.ESCALATED:
            in_charge.append(self.purchase.director)
        if decision.by not in in_charge:
            raise ApplicationError(f"{decision.by} does not decide on it", type="NotInCharge")

    @workflow.query
    def status(self) -> Status:
        """How it stands."""
        return self.now

    def is_open(self) -> bool:
        return self.now.status in (State.WAITING, State.ESCALATED)

    async def is_decided_within(self, seconds: float) -> bool:
        try:
            await workflow.wait_condition(lambda: not self.is_open(), timeout=timedelta(seconds=seconds))
        except TimeoutError:
            return False
        return True

    async def mail(self, to: str, subject: str) -> None:
        url = f"{self.purchase.services}/notifications/emails"
        await http.post(url, json={"to": to, "subject": subject}, summary=subject)
