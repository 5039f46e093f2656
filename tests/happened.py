"""Events as they go over the wire, and a stream to put them on, for tests of those who read them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from contracts import subjects
from contracts.base import derived_id
from services.kit.bus import Bus, Message
from tests.contracts.test_events import golden
from tests.stack import PATIENCE_S, Servers

STORED = "weft.memory.stored.v1"
ERASED = "weft.event.erased.v1"
BATCH_MAX = 500


@cache
def _golden(event_type: str) -> dict[str, Any]:
    return golden(event_type)


def an_event(workspace_id: str, seq: int, event_type: str = STORED, **data: Any) -> dict[str, Any]:
    """The golden event of that type under that `seq`, with other `data`."""
    written = _golden(event_type)
    return written | {
        "id": str(derived_id("event", workspace_id, str(seq), event_type)),
        "workspace": workspace_id,
        "seq": seq,
        "data": written["data"] | data,
    }


@dataclass(frozen=True)
class Happening:
    """The stream EVENTS, as the operator."""

    servers: Servers
    bus: Bus

    @property
    def jetstream(self) -> JetStreamContext:
        return self.bus.jetstream

    async def publish(self, *events: dict[str, Any]) -> None:
        """In their order; the stream takes each as often as it is published."""
        messages = [Message(_subject(it), json.dumps(it).encode(), uuid4().hex, None) for it in events]
        for begin in range(0, len(messages), BATCH_MAX):
            await self.bus.publish_batch(messages[begin : begin + BATCH_MAX])

    async def erase(self, workspace_id: str, seq: int) -> None:
        """As the memory service does it: the event leaves the stream, and that it did goes there."""
        await self.forget(workspace_id, seq)
        await self.publish(an_event(workspace_id, seq, ERASED))

    async def forget(self, workspace_id: str, *seqs: int) -> None:
        """They leave the stream, as the old ones do."""
        reader = await self.jetstream.subscribe(f"events.{workspace_id}.>", ordered_consumer=True)
        is_last = False
        while not is_last:
            found = await reader.next_msg(timeout=PATIENCE_S)
            is_last = found.metadata.num_pending == 0
            if json.loads(found.data)["seq"] in seqs:
                await self.jetstream.delete_msg(subjects.EVENTS_STREAM, found.metadata.sequence.stream)
        await reader.unsubscribe()

    async def subscriber(self, filter_subject: str, ack_wait_s: float = 30.0) -> tuple[str, str]:
        """The credentials of a new one: url and consumer."""
        name = f"sub-{uuid4().hex[:12]}"
        config = ConsumerConfig(
            durable_name=name,
            filter_subject=filter_subject,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ack_wait_s,
            max_ack_pending=10_000,
        )
        await self.jetstream.add_consumer(subjects.EVENTS_STREAM, config)
        return self.servers.nats_url("admin"), name

    async def unsettled(self, consumer: str) -> int:
        """How many deliveries are not acknowledged, or have not been made yet."""
        info = await self.jetstream.consumer_info(subjects.EVENTS_STREAM, consumer)
        return (info.num_ack_pending or 0) + (info.num_pending or 0)


@asynccontextmanager
async def happening(servers: Servers) -> AsyncIterator[Happening]:
    bus = Bus(servers.nats_url("admin"), "admin")
    await bus.connect()
    try:
        yield Happening(servers, bus)
    finally:
        await bus.stop()


def _subject(event: dict[str, Any]) -> str:
    """Also of a version that contracts do not know."""
    _, entity, verb, _ = event["type"].split(".")
    if event["type"] == ERASED:
        entity = event["data"]["erased_type"].split(".")[1]
    return f"events.{event['workspace']}.{entity}.{subjects.token(event['workspace'], event['subject'])}.{verb}"
