"""What a job of nightly work has to order: asked of graph and memory, decided, and written down."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.base import content_hash
from services.extraction.distil import Nearness
from services.extraction.loops.reading import Reading
from services.extraction.retyping import Retype, retype
from services.extraction.store import chores
from services.extraction.store.chores import Chore, Wanted
from services.extraction.twins import folds, twin_of
from services.kit.postgres import Database


class ChorePlans:
    def __init__(self, database: Database, reading: Reading, nearness: Nearness | None):
        self._database = database
        self._reading = reading
        self._nearness = nearness

    async def make(self, chore: Chore) -> Mapping[str, int]:
        """Writes down what is to be ordered, and says what was looked at. Raises Transient."""
        wanted: Sequence[Wanted]
        if chore.kind == "consolidation":
            found, wanted = await self._consolidation(chore)
            left = None
        else:
            found, wanted, left = await self._reclassification(chore)
        async with self._database.transaction(chore.workspace_id) as connection:
            await chores.plan(connection, chore, found, wanted)
            if left is not None:
                there = {*left, *(it.memory_id for it in wanted)}
                await chores.note_looked_at(connection, chore, left, there)
        return found

    async def _consolidation(self, chore: Chore) -> tuple[dict[str, int], list[Wanted]]:
        pairs = await self._reading.near_duplicates(chore.workspace_id, chore.namespace)
        ids = sorted({end for one, other, _ in pairs for end in (one, other)})
        read = await self._reading.memories(chore.workspace_id, ids)
        twins = [twin for each in read.values() if (twin := twin_of(each)) is not None]
        orders: list[Wanted] = [*folds([it for it in twins if it.namespace == chore.namespace], pairs)]
        return {"pairs": len(pairs), "survivors": len({it.memory_id for it in orders})}, orders

    async def _reclassification(self, chore: Chore) -> tuple[dict[str, int], list[Wanted], dict[str, str]]:
        """And the content hashes of what is left as it is, by id."""
        wanted: list[Wanted] = []
        left: dict[str, str] = {}
        seen = looked = 0
        while page := await self._reading.general(chore.workspace_id, chore.namespace, seen):
            seen += len(page)
            hashes = {it["memory_id"]: content_hash(it["title"], it["narrative"]) for it in page}
            async with self._database.transaction(chore.workspace_id) as connection:
                known = await chores.looked_at(connection, chore.workspace_id, hashes.keys())
            new = [it for it in page if known.get(it["memory_id"]) != hashes[it["memory_id"]]]
            looked += len(new)
            retyped = await asyncio.to_thread(self._retype, new)
            left |= {it: hashes[it] for it in hashes.keys() - {order.memory_id for order in retyped}}
            wanted += retyped
        return {"general": seen, "looked_at": looked}, wanted, left

    def _retype(self, memories: Sequence[Mapping[str, Any]]) -> list[Retype]:
        """A hundredth of a second each, in a thread."""
        return [order for it in memories if (order := retype(it, self._nearness)) is not None]
