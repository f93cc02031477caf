"""Payment, inventory, confirmation, shipping; undone in reverse order when one fails.

Each step is an HTTP call that the host repeats until it has an answer. A step that succeeds leaves behind how
to undo it. When a later one fails, or the run is asked to cancel, what was done is undone.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from dalsegno import http, workflow
from dalsegno.exceptions import FailureError
from dalsegno.workflow import ActivityCancellationType
from saga import Saga


@dataclass
class Item:
    sku: str
    quantity: int


@dataclass
class Order:
    """What is ordered, and where the services are."""

    order_id: str
    card: str
    cents: int
    items: list[Item]
    address: str
    email: str
    services: str
    """The base URL: `http://127.0.0.1:7500`."""
    flaky: int = 0
    """How often the payment service is to fail before it works."""


@dataclass
class Receipt:
    """What the customer gets."""

    order_id: str
    charge: str
    reservation: str
    shipment: str


@workflow.defn(name="order-fulfilment")
class OrderFulfilment:
    """Fulfils an order, or leaves nothing behind."""

    def __init__(self) -> None:
        self.step = ""

    @workflow.run
    async def run(self, order: Order) -> Receipt:
        saga = Saga(order.services)
        try:
            return await self.fulfil(order, saga)
        except (FailureError, asyncio.CancelledError):
            # The request to cancel has been heard: it does not reach what comes now.
            self.step = "compensating"
            await saga.compensate()
            self.step = "compensated"
            raise

    @workflow.query
    def status(self) -> str:
        """The step that the order is at."""
        return self.step

    async def fulfil(self, order: Order, saga: Saga) -> Receipt:
        self.step = "charging"
        payment = {"order_id": order.order_id, "card": order.card, "cents": order.cents, "flaky": order.flaky}
        charge = await call(order, "/payments/charges", payment)
        saga.undo_by("/payments/refunds", {"charge": charge})

        self.step = "reserving"
        goods = {"order_id": order.order_id, "items": order.items}
        reservation = await call(order, "/inventory/reservations", goods)
        saga.undo_by("/inventory/releases", {"reservation": reservation})

        self.step = "confirming"
        await call(
            order, "/notifications/emails", {"to": order.email, "subject": f"Your order {order.order_id}"}
        )

        self.step = "shipping"
        parcel = {"order_id": order.order_id, "address": order.address}
        shipment = await call(order, "/shipping/shipments", parcel)

        self.step = "fulfilled"
        return Receipt(order.order_id, charge, reservation, shipment)


async def call(order: Order, path: str, body: dict[str, Any]) -> str:
    """One step.

    It is waited for even when the run is cancelled, so that we know whether it is to be undone.
    """
    response = await http.post(
        order.services + path,
        json=body,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=path,
    )
    return response.body.get("id", "")
