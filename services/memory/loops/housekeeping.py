"""Small recurring work: handled commands leave their stream, old answers are forgotten, what waits is counted."""

import asyncio
from datetime import timedelta

from contracts import subjects
from contracts.base import now
from services.kit import telemetry
from services.kit.bus import Bus, settled
from services.kit.postgres import Database
from services.memory.store import logins, sweeps

PARKED = telemetry.Gauge("weft.parked.messages", "Messages set aside because they could not be handled")
BEHIND = telemetry.Gauge("weft.relay.backlog.workspaces", "Workspaces with events that the relay has not published")
BACKLOG = telemetry.Gauge("weft.relay.backlog.events", "Events that are committed, and not yet published by the relay")
RELAY_LAG = telemetry.Gauge("weft.relay.lag", "Age of the oldest event that the relay has not published", unit="s")


class Housekeeping:
    """Loops of a line or two each."""

    def __init__(self, bus: Bus, loops: Database):
        self._bus = bus
        self._loops = loops

    async def purge_commands(self, every_s: float) -> None:
        """COMMANDS refuses new messages when it is full, so what was handled is purged up to the ack floor."""
        while True:
            await asyncio.sleep(every_s)
            if floor := settled(await self._bus.reader(subjects.COMMANDS_STREAM, self._bus.service)):
                await self._bus.purge(subjects.COMMANDS_STREAM, floor)

    async def forget_answers(self, keep_days: int) -> None:
        while True:
            async with self._loops.transaction(None) as connection:
                await sweeps.forget_commands(connection, now() - timedelta(days=keep_days))
            await asyncio.sleep(3600)

    async def take_stock(self, every_s: float) -> None:
        """Of what is parked, and what the relay has to do; any replica sees the same."""
        while True:
            PARKED.set((await self._bus.stream(subjects.PARKED_STREAM)).state.messages)
            backlog = await self._loops.read(None, sweeps.backlog)
            BEHIND.set(backlog.workspaces)
            BACKLOG.set(backlog.events)
            RELAY_LAG.set(backlog.age_s)
            await asyncio.sleep(every_s)


async def forget_logins(people: Database, failures_window_s: float) -> None:
    """Every hour: logins that ended by themselves, and failures that count no more."""
    while True:
        async with people.transaction(None) as connection:
            await logins.forget(connection, now(), now() - timedelta(seconds=failures_window_s))
        await asyncio.sleep(3600)
