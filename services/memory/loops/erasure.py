"""What a deletion leaves on the streams is taken off them message by message: a purge would leave its bytes on disk."""

import asyncio

import structlog

from contracts import subjects
from contracts.base import derived_id
from contracts.events import EventErased, MemoryDeleted
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.memory.store import sweeps

logger = structlog.get_logger()

BATCH_MAX = 50


class Eraser:
    """Works through the deletion ledger. Doing it twice changes nothing."""

    def __init__(self, bus: Bus, loops: Database, poll_s: float):
        self._bus = bus
        self._loops = loops
        self._poll_s = poll_s

    async def run(self) -> None:
        while True:
            found = await self._loops.read(None, lambda connection: sweeps.to_erase(connection, BATCH_MAX))
            for workspace_id, memory_id in found:
                await self.erase(workspace_id, memory_id)
            if not found:
                await asyncio.sleep(self._poll_s)

    async def erase(self, workspace_id: str, memory_id: str) -> None:
        """Erases one deleted memory from COMMANDS and EVENTS, and says which events were erased."""
        for stream, root in ((subjects.COMMANDS_STREAM, "commands"), (subjects.EVENTS_STREAM, "events")):
            await self._erase_from(stream, subjects.of_entity(root, workspace_id, "memory", memory_id))
        async with self._loops.transaction(None) as connection:
            for event in await sweeps.erased_events(connection, workspace_id, memory_id):
                erased = event.model_copy(update={"id": derived_id("erased", str(event.id))})
                headers = {"Nats-Msg-Id": str(erased.id)}
                await self._bus.publish(subjects.event(erased), erased.model_dump_json().encode(), headers)
            await sweeps.mark_erased(connection, workspace_id, memory_id)

    async def _erase_from(self, stream: str, subject: str) -> None:
        async for found in self._bus.stored(stream, subject):
            if (found.subject or "").rpartition(".")[2] not in (MemoryDeleted.verb, EventErased.verb):
                await self._bus.jetstream.delete_msg(stream, int(found.seq or 0))
