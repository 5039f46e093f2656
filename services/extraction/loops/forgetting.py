"""What is of no workspace any more goes, also where nobody heard of its end, or something came after it."""

import asyncio

import structlog

from services.extraction.store import sweeps
from services.kit.bus import Bus
from services.kit.postgres import Database, forget_rows
from services.kit.reading import ended

logger = structlog.get_logger()


class Forgetting:
    def __init__(self, bus: Bus, database: Database, loops: Database, every_s: float):
        self._bus = bus
        self._database = database
        self._loops = loops
        self._every_s = every_s

    async def run(self) -> None:
        while True:
            for workspace_id in await ended(self._bus, await self._loops.read(None, sweeps.workspaces)):
                logger.info("forgetting a workspace that is gone", workspace_id=workspace_id)
                await forget_rows(self._database, workspace_id)
            await asyncio.sleep(self._every_s)
