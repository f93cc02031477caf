"""Extract, transform, load: prices, their statistics, a report."""

import asyncio
from dataclasses import dataclass

from dalsegno import http, workflow
from dalsegno.exceptions import ActivityError

REQUESTS_AT_A_TIME = 3


@dataclass
class Pipeline:
    """What is read, who gets the report, and where the services are."""

    skus: list[str]
    report_to: str
    services: str


@dataclass
class Price:
    sku: str
    cents: int


@dataclass
class Progress:
    stage: str
    done: int
    of: int


@dataclass
class Report:
    count: int
    total_cents: int
    dearest: str | None
    failed: list[str]


@workflow.defn(name="data-pipeline")
class DataPipeline:
    """Reads prices, a few at a time, and reports."""

    @workflow.init
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.now = Progress("extract", 0, len(pipeline.skus))
        self.free = asyncio.Semaphore(REQUESTS_AT_A_TIME)

    @workflow.run
    async def run(self, pipeline: Pipeline) -> Report:
        prices = await asyncio.gather(*map(self.extract, pipeline.skus))
        self.now.stage = "transform"
        report = transform(pipeline.skus, prices)
        self.now.stage = "load"
        await self.load(report)
        self.now.stage = "done"
        return report

    @workflow.query
    def progress(self) -> Progress:
        """How far it is."""
        return self.now

    async def extract(self, sku: str) -> Price | None:
        """A price; none if there is none."""
        async with self.free:
            try:
                response = await http.get(
                    f"{self.pipeline.services}/prices/{sku}", result_type=Price, summary=sku
                )
                return response.body
            except ActivityError as error:
                status = http.error_status(error)
                if status is None or status.status != 404:
                    raise
                return None
            finally:
                self.now.done += 1

    async def load(self, report: Report) -> None:
        """Sends the report."""
        subject = f"Prices of {report.count} articles: {report.total_cents} cents"
        mail = {"to": self.pipeline.report_to, "subject": subject}
        await http.post(f"{self.pipeline.services}/notifications/emails", json=mail)


def transform(skus: list[str], prices: list[Price | None]) -> Report:
    """Statistics. No workflow is needed to test it."""
    known = [price for price in prices if price is not None]
    dearest = max(known, key=lambda price: price.cents, default=None)
    return Report(
        count=len(known),
        total_cents=sum(price.cents for price in known),
        dearest=None if dearest is None else dearest.sku,
        failed=[sku for sku, price in zip(skus, prices) if price is None],
    )
