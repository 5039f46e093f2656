"""What search hears: events about memories, their ranks, searches, an operator's requests."""

from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from contracts import subjects
from contracts.queries import GetIndexUsage, OfWorkspace, Replay, SearchMemories
from contracts.replies import Ranks, Reply, ServiceUsage
from services.kit.bus import Bus, NatsMessage, read_event
from services.kit.embedding import Embedder, EmbeddingFault, EmbeddingRefused, Vector
from services.kit.errors import Poison
from services.kit.grouping import Group
from services.kit.reading import is_folded, read_memories
from services.search.loops import Expecting, Rebuild
from services.search.projections import Change, Projection, change_of
from services.search.ranking import Ranked, depth, rank
from services.search.store import Filters, Found, Index
from services.search.store.spending import Spending

logger = structlog.get_logger()

CHANGES_MAX = 100
"""Changes that go into the index together."""

NO_MODEL = "Semantic search is off (no embedding model is configured): ranked by keyword."
MODEL_AWAY = "The embedding model did not answer: ranked by keyword."
INDEX_WITHOUT_MODEL = "The index is being made anew for another embedding model: ranked by keyword."


class Events:
    """Everything that one fetch brought goes into the index together."""

    def __init__(self, projection: Projection, embedding: Expecting):
        self._projection = projection
        self._embedding = embedding
        self._group: Group[Change, None] = Group(self._apply, CHANGES_MAX)

    async def handle(self, message: NatsMessage) -> None:
        await self.hear(message.body)

    async def hear(self, body: bytes) -> None:
        """Returns when the index has what the event says."""
        if (change := change_of(read_event(body))) is not None:
            await self._group.submit(change)

    async def _apply(self, changes: Sequence[Change]) -> Sequence[None]:
        await self._projection.apply(changes)
        for workspace_id in {change.workspace_id for change in changes}:
            self._embedding.expect(workspace_id)
        return [None] * len(changes)


class Places:
    """Memories' places in the graph, as the graph service says them on DERIVED."""

    def __init__(self, projection: Projection):
        self._projection = projection

    async def handle(self, message: NatsMessage) -> None:
        if message.body:  # an erased entry leaves an empty body
            await self.hear(message.body)

    async def hear(self, body: bytes) -> None:
        """Returns when the index has it. Raises Poison for what are no ranks."""
        try:
            said = Ranks.model_validate_json(body)
        except ValidationError:
            raise Poison("malformed ranks") from None
        await self._projection.place(said)


class Searches:
    """Answers SearchMemories: candidates from the index, ranked, and read back from the memory service."""

    def __init__(self, bus: Bus, index: Index, embedder: Embedder | None, spending: Spending | None):
        self._bus = bus
        self._index = index
        self._embedder = embedder
        self._spending = spending

    async def run(self, asked: SearchMemories) -> Reply:
        vector, warnings = await self._embed(asked)
        filters = Filters(namespaces=asked.readable, **dict(asked.filters))
        wanted = depth(asked.limit, asked.offset)
        found = await self._index.candidates(asked.workspace_id, vector, asked.query, filters, wanted)
        if vector is not None and not found.semantic and found.candidates:
            warnings = [INDEX_WITHOUT_MODEL]
        ranked = _ranked(asked, found)
        return Reply(body={"results": await self._read_back(asked, ranked), "warnings": warnings})

    async def usage(self, asked: GetIndexUsage) -> Reply:
        size = await self._index.size(asked.workspace_id)
        if self._spending is None:
            return Reply(body=ServiceUsage(bytes=size))
        period, in_all = await self._spending.usage(asked.workspace_id, asked.since)
        return Reply(body=ServiceUsage(bytes=size, this_period=period, in_all=in_all))

    async def _embed(self, asked: SearchMemories) -> tuple[Vector | None, list[str]]:
        if not asked.use_semantic or not asked.query.strip():
            return None, []
        if self._embedder is None:
            return None, [NO_MODEL]
        try:
            vector = await self._embedder.embed_query(asked.query)
        except (EmbeddingFault, EmbeddingRefused) as why:
            logger.warning("a query could not be embedded", why=str(why))
            return None, [MODEL_AWAY]
        if self._spending is not None:
            self._spending.count(asked.workspace_id, [asked.query])
        return vector, []

    async def _read_back(self, asked: SearchMemories, ranked: Sequence[Ranked]) -> list[dict[str, Any]]:
        """The page, in order; what is no longer there, or folded into another, makes room for the next."""
        page: list[dict[str, Any]] = []
        start = asked.offset
        while len(page) < asked.limit and start < len(ranked):
            chunk = ranked[start : start + asked.limit - len(page)]
            start += len(chunk)
            found = await read_memories(self._bus, asked.workspace_id, [it.memory_id for it in chunk])
            memories = {each["memory"]["memory_id"]: each["memory"] for each in found if not is_folded(each)}
            page += [_hit(it, memories[it.memory_id]) for it in chunk if it.memory_id in memories]
        return page


def _ranked(asked: SearchMemories, found: Found) -> list[Ranked]:
    if not asked.query.strip():
        return rank(found.candidates, 0.0, keyword_only=False)
    return rank(found.candidates, found.best_keyword, keyword_only=not found.semantic)


def _hit(ranked: Ranked, memory: dict[str, Any]) -> dict[str, Any]:
    return {
        "memory": memory,
        "score": ranked.score,
        "keyword_score": ranked.keyword_score,
        "semantic_score": ranked.semantic_score,
        "match_type": ranked.match_type,
    }


class Admin:
    """An operator's requests. Only the bus user `admin` may send these (deploy/nats)."""

    def __init__(self, index: Index, rebuild: Rebuild, events: Events, places: Places):
        self._index = index
        self._rebuild = rebuild
        self._events = events
        self._places = places

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.admin("search", "digest"), OfWorkspace)(self.digest)
        bus.on_query(subjects.admin("search", "rebuild"), OfWorkspace)(self.rebuild)
        bus.on_query(subjects.admin("search", "replay"), Replay)(self.replay)

    async def digest(self, asked: OfWorkspace) -> Reply:
        return Reply(
            body=[
                {
                    "memory_id": it.memory_id,
                    "version": it.version,
                    "content_hash": it.content_hash,
                    "pagerank_score": it.pagerank,
                    "community_label": it.community,
                }
                for it in await self._index.digest(asked.workspace_id)
            ]
        )

    async def rebuild(self, asked: OfWorkspace) -> Reply:
        return Reply(body={"memories": await self._rebuild.rebuild(asked.workspace_id)})

    async def replay(self, asked: Replay) -> Reply:
        of_ranks = subjects.derived_kind(asked.subject) == "ranks"
        await (self._places if of_ranks else self._events).hear(b64decode(asked.payload))
        return Reply()
