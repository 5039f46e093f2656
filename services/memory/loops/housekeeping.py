"""Small recurring work: handled commands leave their stream, old answers are forgotten, parked messages are counted."""

import asyncio
from datetime import timedelta

from contracts import subjects
from contracts.base import now
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.kit.telemetry import PARKED
from services.memory.store import logins, sweeps


class Housekeeping:
    """Loops of a line or two each."""

    def __init__(self, bus: Bus, loops: Database):
        self._bus = bus
        self._loops = loops

    async def purge_commands(self, every_s: float) -> None:
        """COMMANDS refuses new messages when it is full, so what was handled is purged up to the ack floor."""
        while True:
            await asyncio.sleep(every_s)
            jetstream = self._bus.jetstream
            reader = await jetstream.consumer_info(subjects.COMMANDS_STREAM, self._bus.service)
            floor = reader.ack_floor.stream_seq if reader.ack_floor is not None else 0
            if floor:
                await jetstream.purge_stream(subjects.COMMANDS_STREAM, seq=floor + 1)

    async def forget_answers(self, keep_days: int) -> None:
        while True:
            async with self._loops.transaction(None) as connection:
                await sweeps.forget_commands(connection, now() - timedelta(days=keep_days))
            await asyncio.sleep(3600)

    async def count_parked(self, every_s: float) -> None:
        while True:
            PARKED.set((await self._bus.jetstream.stream_info(subjects.PARKED_STREAM)).state.messages)
            await asyncio.sleep(every_s)


async def forget_logins(people: Database, failures_window_s: float) -> None:
    """Every hour: logins that ended by themselves, and failures that count no more."""
    while True:
        async with people.transaction(None) as connection:
            await logins.forget(connection, now(), now() - timedelta(seconds=failures_window_s))
        await asyncio.sleep(3600)
