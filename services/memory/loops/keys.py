"""KEYS follows the tables: every change of a key is told to the gateways before its command is answered.

What is to be told is written in the transaction that changes it, and stays due until KEYS has it: after a crash between
the two, whoever comes next tells it. An entry is read before the tables are and written only in its own place, so that
nothing older, however late it arrives, takes the place of something newer.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from contracts.accounts import WORKSPACE_TOKEN_LASTS
from services.kit.bus import Bus
from services.kit.errors import NotStored, Transient
from services.kit.postgres import Database
from services.memory.store import keys
from services.memory.store.keys import Due

logger = structlog.get_logger()

AT_ONCE_MAX = 100
TRIES_MAX = 5


class KeyEntries:
    """`loops` is of the role that sees all workspaces. Any number of processes may do this at once."""

    def __init__(self, bus: Bus, loops: Database):
        self._bus = bus
        self._loops = loops

    async def tell(self, workspace_ids: Sequence[str]) -> None:
        """Returns once KEYS has what was committed for these workspaces. Raises a Transient fault: it is still due."""
        while found := await self._loops.read(None, lambda it: keys.due_of(it, workspace_ids)):
            await self._settle(found)

    async def run(self, every_s: float) -> None:
        """Tells what a crash, or a bus that was away, has left."""
        while True:
            await asyncio.sleep(every_s)
            try:
                while found := await self._loops.read(None, lambda it: keys.due(it, AT_ONCE_MAX)):
                    await self._settle(found)
            except Transient as fault:
                logger.warning("KEYS is behind", fault=str(fault) or type(fault).__name__)

    async def follow(self) -> int:
        """Makes KEYS what the tables say, whatever it holds: after its loss, or a backup. How many differed."""
        held = await keys.all_kept(self._bus)
        wanted = await self._loops.read(None, lambda it: keys.wanted(it, None))
        differing = sorted(each for each in held.keys() | wanted.keys() if held.get(each) != wanted.get(each))
        for start in range(0, len(differing), AT_ONCE_MAX):
            await self._bring(differing[start : start + AT_ONCE_MAX])
        return len(differing)

    async def _settle(self, found: Sequence[Due]) -> None:
        for start in range(0, len(found), AT_ONCE_MAX):
            together = found[start : start + AT_ONCE_MAX]
            await self._bring([each.public_id for each in together if each.public_id != keys.TOKENS])
            for each in together:
                if each.public_id == keys.TOKENS:
                    await self._end_tokens(each.workspace_id)
            async with self._loops.transaction(None) as connection:
                await keys.settle(connection, together)

    async def _end_tokens(self, workspace_id: str) -> None:
        """Those that grant what is archived by now end early: who holds one asks for another."""
        active = set(await self._loops.read(None, partial(keys.active_namespaces, workspace_id=workspace_id)))
        for public_id, token in (await keys.tokens(self._bus, workspace_id)).items():
            if not active.issuperset(token.read):
                await keys.withdraw(self._bus, public_id, WORKSPACE_TOKEN_LASTS)

    async def _bring(self, public_ids: Sequence[str]) -> None:
        """Raises a Transient fault where one of them could not be brought up to date."""
        behind = list(public_ids)
        for _ in range(TRIES_MAX):
            before = dict(zip(behind, await asyncio.gather(*(keys.kept(self._bus, it) for it in behind)), strict=True))
            wanted = await self._loops.read(None, partial(keys.wanted, public_ids=tuple(behind)))
            behind = await self._put(before, wanted)
            if not behind:
                return
        raise NotStored("KEYS")

    async def _put(self, before: Mapping[str, keys.Kept], wanted: Mapping[str, bytes]) -> list[str]:
        """Those that were not taken."""

        async def put(public_id: str) -> bool:
            entry = wanted.get(public_id, b"")
            if entry == before[public_id].entry:
                return True
            try:
                await keys.put(self._bus, public_id, entry, before[public_id])
            except NotStored:
                return False
            return True

        taken = await asyncio.gather(*map(put, before))
        return [public_id for public_id, done in zip(before, taken, strict=True) if not done]
