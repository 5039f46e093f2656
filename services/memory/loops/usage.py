"""Accesses and retrievals reach the log in batches: one event a memory for all that was counted since the last."""

import asyncio

from uuid_utils.compat import uuid7

from contracts.base import now
from contracts.events import MemoryUsed
from services.kit.postgres import Connection, Database
from services.kit.process import Wakeable
from services.memory.decisions.batch import Cause, Recorded, record
from services.memory.decisions.outcomes import Happened
from services.memory.decisions.state import WorkspaceState
from services.memory.projections import project
from services.memory.store import log, memories, sweeps

BATCH_MAX = 500
ACTOR = "memory"


class UsageFlush:
    """Every `every_s` seconds, workspace by workspace, under the lock that every write takes."""

    def __init__(self, database: Database, loops: Database, committed: Wakeable, every_s: float):
        self._database = database
        self._loops = loops
        self._committed = committed
        self._every_s = every_s

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.flush()

    async def flush(self) -> None:
        """Brings everything that was counted into the log."""
        for workspace_id in await self._loops.read(None, sweeps.with_unlogged_usage):
            flushed = BATCH_MAX
            while flushed == BATCH_MAX:
                async with self._database.transaction(workspace_id) as connection:
                    flushed = await log_usage(connection, workspace_id)
                self._committed.wake()


async def log_usage(connection: Connection, workspace_id: str) -> int:
    """Appends up to BATCH_MAX events and says how many they were; inside a transaction of that workspace."""
    state, generation = await log.lock(connection, workspace_id)
    if state.plan is None:  # deleted since it was found to have something to log
        return 0
    counted = await log.unlogged_usage(connection, workspace_id, generation, BATCH_MAX)
    state.memories |= await memories.get(connection, workspace_id, [each.memory_id for each in counted])
    recorded = [_record(state, each) for each in counted]
    if recorded:
        await project(connection, state, generation, recorded, set())
        await log.append(connection, state, recorded)
        await log.advance(connection, state)
    return len(recorded)


def _record(state: WorkspaceState, used: MemoryUsed) -> Recorded:
    event_id = uuid7()
    return record(state, Happened(used.memory_id, used), Cause(ACTOR, event_id, event_id), now(), event_id)
