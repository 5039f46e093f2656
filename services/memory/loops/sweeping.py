"""Sessions that nobody ended are ended after a while of silence, by a command like any other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from uuid_utils.compat import uuid7

from contracts.base import Grants, derived_id, now
from contracts.commands import EndSession
from services.kit.postgres import Database
from services.memory.store import sweeps
from services.memory.store.sweeps import Silent

logger = structlog.get_logger()

BATCH_MAX = 500
ACTOR = "sweeper"


class Sweeper:
    """Every `every_s` seconds. `carry_out` takes the commands; a session that is heard of meanwhile goes on."""

    def __init__(
        self, loops: Database, carry_out: Callable[[EndSession], Awaitable[bytes]], silence_h: float, every_s: float
    ):
        self._loops = loops
        self._carry_out = carry_out
        self._silence = timedelta(hours=silence_h)
        self._every_s = every_s

    async def run(self) -> None:
        while True:
            await self.sweep()
            await asyncio.sleep(self._every_s)

    async def sweep(self) -> None:
        """Ends what has been silent for too long, the longest first, BATCH_MAX at most."""
        before = now() - self._silence
        silent = await self._loops.read(None, lambda connection: sweeps.silent(connection, before, BATCH_MAX))
        await asyncio.gather(*(self._carry_out(end_of(each)) for each in silent))
        if silent:
            logger.info("ended what was silent", sessions=len(silent))


def end_of(silent: Silent) -> EndSession:
    """The same silence is the same command, however often it is noticed."""
    seen = silent.last_seen_at.isoformat()
    grants = Grants(read=(silent.namespace,), write=(silent.namespace,), default=silent.namespace)
    return EndSession(
        command_id=derived_id("sweep", silent.workspace_id, silent.session_id, seen),
        attempt=uuid7(),
        workspace_id=silent.workspace_id,
        actor=ACTOR,
        grants=grants,
        issued_at=now(),
        session_id=silent.session_id,
        reason="sweeper",
        silent_since=silent.last_seen_at,
    )
