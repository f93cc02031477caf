"""One message over several channels at the same time."""

import asyncio
from dataclasses import dataclass
from typing import Any

from dalsegno import http, workflow
from dalsegno.exceptions import ActivityError, ApplicationError


@dataclass
class Channel:
    kind: str
    to: str


@dataclass
class Message:
    """What is said, over what, and where the services are."""

    subject: str
    channels: list[Channel]
    services: str


@dataclass
class Sent:
    """What came of a channel."""

    kind: str
    to: str
    sent: bool
    error: str | None = None


@workflow.defn(name="notifications")
class Notifications:
    """Sends a message over all channels. One that fails does not stop the others."""

    @workflow.run
    async def run(self, message: Message) -> list[Sent]:
        requests = [request(message.subject, channel) for channel in message.channels]
        sending = (
            send(channel, message.services + path, body)
            for channel, (path, body) in zip(message.channels, requests)
        )
        return await asyncio.gather(*sending)


def request(subject: str, channel: Channel) -> tuple[str, dict[str, Any]]:
    """The service of a channel, and what it is asked."""
    match channel.kind:
        case "email":
            return "/notifications/emails", {"to": channel.to, "subject": subject}
        case "letter":
            return "/shipping/shipments", {"order_id": subject, "address": channel.to}
    raise ApplicationError(f"there is no channel `{channel.kind}`", type="UnknownChannel")


async def send(channel: Channel, url: str, body: dict[str, Any]) -> Sent:
    """Sends over one channel."""
    try:
        await http.post(url, json=body, summary=f"{channel.kind} to {channel.to}")
    except ActivityError as error:
        failure = error.cause
        kind = failure.type if isinstance(failure, ApplicationError) else "Unknown"
        return Sent(channel.kind, channel.to, sent=False, error=kind)
    return Sent(channel.kind, channel.to, sent=True)
