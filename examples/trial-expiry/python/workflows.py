"""A trial of a month, with a reminder and an end."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from dalsegno import http, workflow

DAY_SECONDS = 24 * 60 * 60


@dataclass
class Trial:
    """Who tries, and where the services are."""

    email: str
    services: str
    reminder_seconds: float | None = None
    """From the beginning to the reminder; 27 days by default."""
    grace_seconds: float | None = None
    """From the reminder to the end; 3 days by default."""


@dataclass
class Standing:
    status: str


@dataclass
class Subscribed(Standing):
    plan: str


@workflow.defn(name="trial-expiry")
class TrialExpiry:
    """Lets a customer try for a month."""

    def __init__(self) -> None:
        self.now = Standing("trial")

    @workflow.run
    async def run(self, trial: Trial) -> dict[str, Any]:
        await mail(trial, "Welcome to your trial")
        if not await self.is_subscribed_within(trial.reminder_seconds, 27 * DAY_SECONDS):
            self.now = Standing("reminded")
            await mail(trial, "Your trial ends soon")
            if not await self.is_subscribed_within(trial.grace_seconds, 3 * DAY_SECONDS):
                self.now = Standing("expired")
        await mail(trial, "Your trial has ended" if self.now.status == "expired" else "Thank you!")
        return self.standing()

    @workflow.signal
    def subscribe(self, plan: str) -> None:
        """The customer stays."""
        # After the end it is too late.
        if self.now.status != "expired":
            self.now = Subscribed("subscribed", plan)

    @workflow.query
    def standing(self) -> dict[str, Any]:
        """How it stands."""
        return asdict(self.now)

    async def is_subscribed_within(self, seconds: float | None, default: float) -> bool:
        limit = timedelta(seconds=default if seconds is None else seconds)
        try:
            await workflow.wait_condition(lambda: isinstance(self.now, Subscribed), timeout=limit)
        except TimeoutError:
            return False
        return True


async def mail(trial: Trial, subject: str) -> None:
    """Tells the customer."""
    url = f"{trial.services}/notifications/emails"
    await http.post(url, json={"to": trial.email, "subject": subject}, summary=subject)
