"""Finding the edges of memories that are due, a few at a time."""

import time
from collections.abc import Mapping, Sequence

import structlog

from services.graph import relations
from services.graph.relations import EDGES_MAX, SIMILAR_FROM, Due, Found, Method
from services.graph.store import edges, judged, marking, memories, sweeps, vectors
from services.graph.store.edges import Waiting
from services.graph.store.vectors import Side
from services.kit import telemetry
from services.kit.pacing import Pace
from services.kit.postgres import Connection, Database
from services.kit.process import Wakeable

logger = structlog.get_logger()

BATCH_MAX = 100
LOOK_AGAIN_S = 5.0
NEWER_MAX = 64
"""So many newer memories, the nearest, are told of a vector that came after theirs."""


class Discovery:
    """Works through what is due, workspace by workspace in turn, so that a big one delays no other.

    What is due is in the tables: nothing is lost with the process. All `changed` are woken when edges may have changed.
    """

    def __init__(self, database: Database, loops: Database, pace: Pace, *changed: Wakeable):
        self._database = database
        self._loops = loops
        self._pace = pace
        self._changed = changed
        self._news = Wakeable()

    def expect(self) -> None:
        """There may be something due."""
        self._news.wake()

    async def run(self) -> None:
        while True:
            waiting = await self._loops.read(None, sweeps.with_due)
            for workspace_id in waiting:
                begun = time.monotonic()
                await self.find_some(workspace_id)
                await self._pace.rest(time.monotonic() - begun)
            if waiting:
                for each in self._changed:
                    each.wake()
            else:
                await self._news.pause(LOOK_AGAIN_S)

    async def find_all(self, workspace_id: str) -> None:
        """Returns when nothing is due there any more."""
        while await self.find_some(workspace_id):
            pass

    async def find_some(self, workspace_id: str) -> int:
        """Finds the edges of a few memories, and says how many those were."""
        with telemetry.stage("discover"):
            async with self._database.transaction(workspace_id) as connection:
                count = await memories.lock(connection, workspace_id)
                batch = await edges.due(connection, workspace_id, BATCH_MAX)
                await _find(connection, workspace_id, count, batch)
            return len(batch)


async def _find(connection: Connection, workspace_id: str, count: int, batch: Sequence[Waiting]) -> None:
    """The edges of `batch`, of a workspace of `count` memories; and who else is due, because of new vectors."""
    if not batch:
        return
    nodes = {what: [it.node for it in batch if what in it.what] for what in (Due.SHARED, Due.NAMED, Due.ALIKE)}
    arrived = [it.node for it in batch if Due.NEW_VECTOR in it.what]
    texts = {it.node: it.narrative for it in batch if Due.NAMED in it.what}
    found = await _shared(connection, workspace_id, count, nodes[Due.SHARED])
    found += await _named(connection, workspace_id, texts)
    found += await _alike(connection, workspace_id, nodes[Due.ALIKE])
    newer = await _newer(connection, workspace_id, arrived)
    await edges.done(connection, [it.node for it in batch])
    await edges.replace(connection, workspace_id, nodes, found)
    await judged.expect(connection, found)
    await marking.mark(connection, workspace_id, newer, Due.ALIKE)


async def _shared(connection: Connection, workspace_id: str, count: int, nodes: Sequence[int]) -> list[Found]:
    if not nodes:
        return []
    found = relations.overlaps(await edges.shared(connection, workspace_id, nodes), count)
    for source, others in (await edges.in_session(connection, workspace_id, nodes)).items():
        found += relations.in_one_session(source, others)
    for source, before in (await edges.right_before(connection, workspace_id, nodes)).items():
        found += relations.close_in_time(source, before)
    return found


async def _named(connection: Connection, workspace_id: str, texts: Mapping[int, str]) -> list[Found]:
    if not texts:
        return []
    by_title = await edges.titled(connection, workspace_id, texts)
    by_id = await edges.identified(connection, workspace_id, texts)
    return [
        edge
        for node, text in texts.items()
        for edge in relations.mentions(node, text, by_title.get(node, ()), by_id.get(node, ()))
    ]


async def _alike(connection: Connection, workspace_id: str, nodes: Sequence[int]) -> list[Found]:
    limit = EDGES_MAX[Method.EMBEDDING_SIMILARITY]
    near = await vectors.nearest(connection, workspace_id, nodes, Side.OLDER, limit=limit, threshold=SIMILAR_FROM)
    return [edge for source, others in near.items() for edge in relations.alike(source, others)]


async def _newer(connection: Connection, workspace_id: str, nodes: Sequence[int]) -> list[int]:
    """Newer memories that may count these among their nearest: they came first, with their vectors."""
    if not nodes:
        return []
    missed = await vectors.missed(connection, workspace_id, nodes)
    near = await vectors.nearest(connection, workspace_id, missed, Side.NEWER, limit=NEWER_MAX, threshold=SIMILAR_FROM)
    return sorted({target for others in near.values() for target, _ in others})
