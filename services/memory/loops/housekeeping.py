"""Small recurring work: handled commands leave their stream, old answers are forgotten, parked messages are counted."""

import asyncio
from datetime import timedelta

from contracts import subjects
from contracts.base import now
from contracts.replies import StoredKey
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.kit.telemetry import PARKED
from services.memory.handlers.commands import put_key
from services.memory.store import sweeps


class Housekeeping:
    """Loops of a line or two each."""

    def __init__(self, bus: Bus, loops: Database):
        self._bus = bus
        self._loops = loops

    async def publish_keys(self) -> None:
        """Puts every key into KEYS: after its loss, or a crash between commit and publishing, they are there again."""
        for each in await self._loops.read(None, sweeps.all_keys):
            grants = each["grants"]
            key = StoredKey(
                key_id=each["key_id"],
                workspace_id=each["workspace_id"],
                secret_hash=each["secret_hash"],
                read=grants["read"],
                write=grants["write"],
                default_namespace=grants["default"],
                expires_at=each["expires_at"],
                revoked=each["revoked"],
            )
            await put_key(self._bus, key, each["public_id"])

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
