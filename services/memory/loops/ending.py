"""What a deleted workspace has left goes from the tables and from the streams, there message by message: a purge would
leave its bytes on disk. Only then is it noted as erased.
"""

import asyncio

import structlog
from nats.js.api import RawStreamMsg
from pydantic import ValidationError

from contracts import subjects
from contracts.base import Word
from contracts.events import WorkspaceDeleted
from services.kit.bus import Bus, settled
from services.kit.errors import Transient
from services.kit.postgres import Database
from services.memory.store import endings
from services.memory.store.endings import Ended

logger = structlog.get_logger()

WORKSPACES_MAX = 10
ERASED_TOGETHER = 20
"""So many messages at a time: NATS has others to serve."""


class BlobEntry(Word):
    """What BLOBS says of one of its objects."""

    name: str
    nuid: str


class Ending:
    """Works through the workspaces that were deleted. Doing it twice changes nothing, and what comes late is found."""

    def __init__(self, bus: Bus, database: Database, loops: Database, poll_s: float):
        self._bus = bus
        self._database = database
        self._loops = loops
        self._poll_s = poll_s

    async def run(self) -> None:
        while True:
            try:
                for ended in await self._loops.read(None, lambda it: endings.to_erase(it, WORKSPACES_MAX)):
                    await self.erase(ended)
            except Transient as fault:
                logger.warning("the rest of a deleted workspace waits", fault=str(fault) or type(fault).__name__)
            await asyncio.sleep(self._poll_s)

    async def erase(self, ended: Ended) -> None:
        """Erases what is left of it, and notes that, unless a command about it is yet to be answered."""
        await endings.forget(self._database, self._loops, ended)
        floor, waiting = settled(await self._bus.reader(subjects.COMMANDS_STREAM, self._bus.service)), False
        says_so = subjects.of_event(WorkspaceDeleted, ended.workspace_id, ended.workspace_id)
        for stream, subject in subjects.all_of(ended.workspace_id).items():
            some = list[RawStreamMsg]()
            async for found in self._bus.stored(stream, subject):
                if stream == subjects.COMMANDS_STREAM and int(found.seq or 0) > floor:
                    waiting = True
                elif found.subject != says_so:  # by which everybody learns of it; it says no more than that
                    some.append(found)
                if len(some) == ERASED_TOGETHER:
                    await self._erase(stream, some)
                    some.clear()
            await self._erase(stream, some)
        await self._erase_blobs(ended.workspace_id)
        if not waiting:
            async with self._loops.transaction(None) as connection:
                await endings.mark_erased(connection, ended)
            logger.info("a deleted workspace is erased", workspace_id=ended.workspace_id)

    async def _erase(self, stream: str, messages: list[RawStreamMsg]) -> None:
        await asyncio.gather(*(self._bus.erase(stream, each.seq) for each in messages))

    async def _erase_blobs(self, workspace_id: str) -> None:
        """Documents on their way in. What belongs to a workspace is named after it."""
        async for found in self._bus.stored(subjects.BLOBS_STREAM, subjects.ALL_BLOBS):
            try:
                entry = BlobEntry.model_validate_json(found.data or b"")
            except ValidationError:
                continue  # erased, or none of ours
            if entry.name.startswith(f"{workspace_id}-"):
                async for part in self._bus.stored(subjects.BLOBS_STREAM, subjects.blob_parts(entry.nuid)):
                    await self._bus.erase(subjects.BLOBS_STREAM, part.seq)
                await self._bus.erase(subjects.BLOBS_STREAM, found.seq)
