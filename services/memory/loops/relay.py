"""The relay: committed events go to EVENTS in the order of their seq, then the head remembers how far it came."""

import asyncio

import structlog
from nats.errors import Error as NatsError

from contracts import subjects
from contracts.events import CloudEvent
from services.kit.bus import Bus
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
                    events = await log.read(leader, workspace_id, published, self._batch_max)
                    await self._publish(events)
                    await sweeps.mark_published(leader, workspace_id, events[-1].seq)
                if not behind:
                    await self._committed.pause(self._poll_s)

    async def _publish(self, events: list[CloudEvent]) -> None:
        """Sends all, then waits for all: NATS takes them in order. Raises NotStored if one was not taken."""
        sent = [
            await self._bus.jetstream.publish_async(
                subjects.event(event), event.model_dump_json().encode(), headers={"Nats-Msg-Id": str(event.id)}
            )
            for event in events
        ]
        try:
            await asyncio.wait_for(asyncio.gather(*sent), timeout=10.0)
        except (NatsError, TimeoutError) as fault:
            raise NotStored(f"relay: {type(fault).__name__}") from fault
