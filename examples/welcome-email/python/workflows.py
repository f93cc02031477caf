"""A mail for a new customer at once, and another after three days."""

from dataclasses import dataclass
from datetime import timedelta

from dalsegno import http, workflow

THREE_DAYS_SECONDS = 3 * 24 * 60 * 60


@dataclass
class Customer:
    """Who is new, and where the services are."""

    name: str
    email: str
    services: str
    wait_seconds: float = THREE_DAYS_SECONDS


@dataclass
class Welcomed:
    followed_up: bool


@workflow.defn(name="welcome-email")
class WelcomeEmail:
    """Welcomes, and follows up unless the customer wants no more."""

    def __init__(self) -> None:
        self.unsubscribed = False

    @workflow.run
    async def run(self, customer: Customer) -> Welcomed:
        await self.mail(customer, f"Welcome, {customer.name}!")
        wait = timedelta(seconds=customer.wait_seconds)
        try:
            await workflow.wait_condition(lambda: self.unsubscribed, timeout=wait)
            return Welcomed(followed_up=False)
        except TimeoutError:
            await self.mail(customer, f"How do you like it, {customer.name}?")
            return Welcomed(followed_up=True)

    @workflow.signal
    def unsubscribe(self) -> None:
        """No more mails."""
        self.unsubscribed = True

    async def mail(self, customer: Customer, subject: str) -> None:
        url = f"{customer.services}/notifications/emails"
        await http.post(url, json={"to": customer.email, "subject": subject}, summary=subject)
