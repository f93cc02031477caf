"""Failures with a place in the source."""

from common import activity
from dalsegno import workflow
from dalsegno.exceptions import ApplicationError


@workflow.defn(name="cause-chain")
class CauseChain:
    @workflow.run
    async def run(self) -> None:
        try:
            self.pay()
        except ApplicationError as error:
            raise ApplicationError("cannot fulfil the order", type="OrderFailed") from error

    def pay(self) -> None:
        declined = ApplicationError("not enough funds", 42, "EUR", type="CardDeclined", non_retryable=True)
        raise ApplicationError("cannot charge the card", type="PaymentFailed") from declined


@workflow.defn(name="bug")
class Bug:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("this is a bug")


@workflow.defn(name="hangs")
class Hangs:
    @workflow.run
    async def run(self) -> str:
        await activity("hang")
        return "hung"
