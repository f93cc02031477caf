"""A customer's points and level, for as long as the customer stays.

A workflow that is a thing rather than a task: it has a state, is asked and told, and lives for years.
"""

from dataclasses import dataclass
from enum import Enum

from dalsegno import http, workflow
from dalsegno.common import SearchAttributeKey
from dalsegno.exceptions import ApplicationError

LEVEL = SearchAttributeKey.for_keyword("Level")


class Level(Enum):
    BASIC = "basic"
    SILVER = "silver"
    GOLD = "gold"


@dataclass
class Account:
    """Who has the account, and what is on it; the argument of each run."""

    email: str
    services: str
    points: int = 0

    @property
    def level(self) -> Level:
        if self.points >= 2_000:
            return Level.GOLD
        return Level.SILVER if self.points >= 500 else Level.BASIC


@dataclass
class Status:
    """What can be asked, and the result in the end."""

    points: int
    level: Level


@workflow.defn(name="reward-account")
class RewardAccount:
    """Collects points until the account is closed."""

    @workflow.init
    def __init__(self, account: Account) -> None:
        self.account = account
        self.is_closed = False

    @workflow.run
    async def run(self, account: Account) -> Status:
        show(account.level)
        await workflow.wait_condition(lambda: self.is_time() and workflow.all_handlers_finished())
        if self.is_closed:
            return self.status()
        workflow.continue_as_new(self.account)

    def is_time(self) -> bool:
        return self.is_closed or workflow.info().is_continue_as_new_suggested()

    @workflow.update
    async def add_points(self, points: int) -> Status:
        """Adds points; answers when the customer knows of a new level."""
        before = self.account.level
        self.account.points += points
        after = self.account.level
        if after is not before:
            show(after)
            mail = {"to": self.account.email, "subject": f"You have reached {after.value.capitalize()}"}
            await http.post(f"{self.account.services}/notifications/emails", json=mail)
        return self.status()

    @add_points.validator
    def are_points(self, points: int) -> None:
        if self.is_closed:
            raise ApplicationError("the account is closed", type="AccountClosed")
        if not 1 <= points <= 10_000:
            raise ApplicationError("1 to 10,000 points are added", type="NoSuchPoints")

    @workflow.update
    def redeem(self, points: int) -> Status:
        """Takes points for a voucher."""
        before = self.account.level
        self.account.points -= points
        if self.account.level is not before:
            show(self.account.level)
        return self.status()

    @redeem.validator
    def has_enough(self, points: int) -> None:
        if not 0 <= points <= self.account.points:
            raise ApplicationError("there are not so many points", type="TooFewPoints")

    @workflow.signal
    def close(self) -> None:
        """Ends it, once all updates are answered."""
        self.is_closed = True

    @workflow.query
    def status(self) -> Status:
        """Points and level."""
        return Status(self.account.points, self.account.level)


def show(level: Level) -> None:
    """Lets people find the accounts of a level."""
    workflow.upsert_search_attributes([LEVEL.value_set(level.value.capitalize())])
