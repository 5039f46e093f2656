"""The relay: committed events go to EVENTS in the order of their seq, then the head remembers how far it came."""

import asyncio

import structlog

from contracts import subjects
from contracts.events import CloudEvent
from services.kit import telemetry
from services.kit.bus import Bus, Message
from services.kit.errors import NotStored
from services.kit.postgres import Database
from services.kit.process import Wakeable
from services.memory.store import log, sweeps

logger = structlog.get_logger()

LEADER_LOCK = 0x57454654_01
"""Advisory lock of the one relay that publishes; the others wait for its connection to end."""

NOT_LEADING_PAUSE_S = 1.0


class Relay:
    """One leader at a time. A crash between publishing and marking publishes again, under the same message id."""

    def __init__(self, bus: Bus, loops: Database, committed: Wakeable, batch_max: int, poll_s: float):
        self._bus = bus
        self._loops = loops
        self._committed = committed
        self._batch_max = batch_max
        self._poll_s = poll_s

    async def run(self) -> None:
        async with self._loops.session() as leader:
            while not await sweeps.lead(leader, LEADER_LOCK):  # noqa: ASYNC110 - the other leader is another process
                await asyncio.sleep(NOT_LEADING_PAUSE_S)
            while True:
                behind = await sweeps.behind(leader)
                for workspace_id, published in behind.items():
                    events = await self._read(workspace_id, published)
                    with telemetry.stage("relay"):
                        await self._publish(events)
                    await sweeps.mark_published(leader, workspace_id, events[-1].seq)
                    await self._bus.tell(subjects.news(workspace_id))
                if not behind:
                    await self._committed.pause(self._poll_s)

    async def _read(self, workspace_id: str, published: int) -> list[CloudEvent]:
        """In a transaction of its own: with it go the keys that were met."""
        return await self._loops.read(None, lambda it: log.read(it, workspace_id, published, self._batch_max))

    async def _publish(self, events: list[CloudEvent]) -> None:
        """In their order, together where it can be. Raises NotStored if one was not taken.

        After a crash some may be on the stream already, and a batch with those is refused: then one by one, and the
        stream drops what it has.
        """
        messages = [
            Message(subjects.event(it), it.model_dump_json().encode(), str(it.id), it.traceparent) for it in events
        ]
        if len(messages) > 1:
            try:
                await self._bus.publish_batch(messages)
                return
            except NotStored as refused:
                logger.info("publishing one by one", why=str(refused))
        for each in messages:
            headers = {"Nats-Msg-Id": each.message_id}
            await self._bus.publish(each.subject, each.payload, headers, traceparent=each.traceparent)
