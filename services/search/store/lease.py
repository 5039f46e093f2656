"""What only one of the processes that share an index may do at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import structlog

from contracts import subjects
from services.kit.bus import Bus
from services.kit.errors import NotStored, Transient
from services.kit.process import end

logger = structlog.get_logger()

LASTS_S = 15
"""A lease that is not renewed."""


class Exclusive(Protocol):
    def held(self) -> AbstractAsyncContextManager[bool]:
        """Whether it is this process's turn, until the end of the block."""
        ...


class Alone:
    """Of a process that has its index to itself."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[bool]:
        yield True


class Lease:
    """A message on LEASES that lasts some seconds. It is put where there is none, and renewed in its own place only.

    Several tasks of the process may hold it at once. Who stood still for longer than it lasts may have lost it.
    """

    def __init__(self, bus: Bus, what: str, lasts_s: int = LASTS_S):
        self._bus = bus
        self._lasts_s = lasts_s
        self._subject = subjects.lease(bus.service, what)
        self._door = asyncio.Lock()
        self._users = 0
        self._sequence = 0
        self._renewing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[bool]:
        async with self._door:
            ours = self._users > 0 or await self._take()
            self._users += ours
        if not ours:
            yield False
            return
        try:
            yield True
        finally:
            async with self._door:
                self._users -= 1
                if not self._users:
                    await self._give_back()

    async def _take(self) -> bool:
        try:
            await self._put(0)
        except NotStored:
            return False
        self._renewing = asyncio.create_task(self._renew())
        return True

    async def _put(self, in_place_of: int) -> None:
        headers = {"Nats-Expected-Last-Subject-Sequence": str(in_place_of), "Nats-TTL": str(self._lasts_s)}
        self._sequence = (await self._bus.publish(self._subject, b"", headers)).seq

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lasts_s / 3)
            try:
                await self._put(self._sequence)
            except NotStored as fault:
                logger.warning("a lease could not be renewed", lease=self._subject, fault=str(fault))

    async def _give_back(self) -> None:
        if self._renewing is not None:
            await end([self._renewing])
        try:
            await self._bus.erase(subjects.LEASES_STREAM, self._sequence)
        except Transient as fault:  # it ends by itself
            logger.warning("a lease could not be given back", lease=self._subject, fault=str(fault))
