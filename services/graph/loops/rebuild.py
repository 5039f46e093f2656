"""The graph of a workspace made anew from the log, with the vectors that DERIVED keeps; no model is asked."""

import asyncio
from collections.abc import Set

import structlog

from services.graph.loops.discovery import Discovery
from services.graph.loops.ranking import Ranking
from services.graph.projections import Changes, Projection, changes_of, embedded_in
from services.graph.relations import Due
from services.graph.store import derived, judged, marking, memories, ranks, sweeps
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.kit.reading import counts, ended, read_log

logger = structlog.get_logger()

READ_TIMEOUT_S = 10.0
CHUNK_MAX = 100


class Rebuild:
    """In place: what the log does not confirm goes, all else is read and found anew, memory by memory. Answers are
    given all the while, from what was known until it is replaced.
    """

    def __init__(self, bus: Bus, database: Database, projection: Projection, discovery: Discovery, ranking: Ranking):
        self._bus = bus
        self._database = database
        self._projection = projection
        self._discovery = discovery
        self._ranking = ranking
        self._running: dict[str, asyncio.Lock] = {}

    async def rebuild(self, workspace_id: str) -> int:
        """How many memories the graph has now. Their edges and ranks are made, said and kept when this returns."""
        async with self._running.setdefault(workspace_id, asyncio.Lock()):
            async with self._database.transaction(workspace_id) as connection:
                await memories.expect_rebuild(connection, workspace_id)
            known = await self._projection.known(workspace_id)
            replayed = await self._replay(workspace_id)
            if replayed is None:
                await self._projection.forget(workspace_id)
                return 0
            alive, made = replayed
            await self._projection.apply(workspace_id, Changes(gone=known - alive))
            for start in range(0, len(alive), CHUNK_MAX):
                await self._take_anew(workspace_id, sorted(alive)[start : start + CHUNK_MAX])
            await self._projection.apply_made(workspace_id, sorted(made))
            await self._recall(workspace_id)
            await self._recall_judgements(workspace_id, alive)
            await self._discovery.find_all(workspace_id)
            await self._ranking.analyse(workspace_id, say_all=True)
            async with self._database.transaction(workspace_id) as connection:
                await memories.is_rebuilt(connection, workspace_id)
            return len(await self._projection.known(workspace_id))

    async def _replay(self, workspace_id: str) -> tuple[frozenset[str], frozenset[str]] | None:
        """The memories that the log leaves alive, and those that something was said about by hand; None where the
        workspace is deleted."""
        alive, made, seq = set[str](), set[str](), 0
        while events := await read_log(self._bus, workspace_id, seq, READ_TIMEOUT_S):
            for event in events:
                changes = changes_of(event) or Changes()
                alive = (alive | changes.memories) - changes.gone
                made = (made | changes.made_of) - changes.gone
                if changes.ended:
                    return None
            seq = events[-1].seq
        return frozenset(alive), frozenset(made)

    async def _take_anew(self, workspace_id: str, memory_ids: list[str]) -> None:
        await self._projection.apply_anew(workspace_id, memory_ids)
        kept = await derived.embeddings_of(self._bus, workspace_id, memory_ids)
        await self._projection.apply_vectors(workspace_id, embedded_in(kept))

    async def _recall(self, workspace_id: str) -> None:
        """Labels are remembered, as embeddings are: what DERIVED says stands where the tables know nothing."""
        said = await derived.ranks_of(self._bus, workspace_id)
        async with self._database.transaction(workspace_id) as connection:
            await memories.recount(connection, workspace_id)
            await marking.mark_all(connection, workspace_id, Due.ALL)
            await ranks.recall(connection, workspace_id, said)

    async def _recall_judgements(self, workspace_id: str, alive: Set[str]) -> None:
        """What a model said of the present texts, and no edge that it did not say; of deleted memories DERIVED keeps
        nothing. What it says just now is not touched: it was not there before, or is on DERIVED already. `alive` are
        those that the log has, also where they are folded into others.
        """
        before = await self._database.read(workspace_id, lambda it: judged.joined(it, workspace_id))
        said = await derived.judgements_of(self._bus, workspace_id)
        ids = {end for it in said for end in (it.source_memory_id, it.target_memory_id)}
        async with self._database.transaction(workspace_id) as connection:
            await memories.lock(connection, workspace_id)
            there = await memories.known_ids(connection, workspace_id, ids)
            await judged.part(connection, workspace_id, before)
            await judged.keep(connection, workspace_id, said)
        for gone in sorted(ids - there - alive):
            await derived.erase_judgements(self._bus, workspace_id, gone)


class Healing:
    """Rebuilds by itself what is missing: lost tables, memories from before there was a graph, a rebuild that was cut
    short; and forgets what is of no workspace any more."""

    def __init__(self, bus: Bus, loops: Database, projection: Projection, rebuild: Rebuild, every_s: float):
        self._bus = bus
        self._loops = loops
        self._projection = projection
        self._rebuild = rebuild
        self._every_s = every_s

    async def run(self) -> None:
        while True:
            for workspace_id in await ended(self._bus, await self._loops.read(None, sweeps.workspaces), READ_TIMEOUT_S):
                logger.info("forgetting a workspace that is gone", workspace_id=workspace_id)
                await self._projection.forget(workspace_id)
            for workspace_id in await self.due():
                logger.info("rebuilding the graph", workspace_id=workspace_id)
                await self._rebuild.rebuild(workspace_id)
            await asyncio.sleep(self._every_s)

    async def due(self) -> list[str]:
        """Workspaces with memories of which the graph knows none, or is not sure to know all."""
        theirs = await counts(self._bus, READ_TIMEOUT_S)
        whole = await self._loops.read(None, sweeps.whole)
        return [workspace_id for workspace_id, count in theirs.items() if count and workspace_id not in whole]
