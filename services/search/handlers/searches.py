"""Searches: candidates from the index, ranked, and read back from the memory service."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from contracts.base import is_memory_id
from contracts.queries import GetIndexUsage, SearchKnowledge, SearchMemories
from contracts.replies import Reply, ServiceUsage
from services.kit.bus import Bus
from services.kit.embedding import Embedder, EmbeddingFault, EmbeddingRefused, Vector
from services.kit.reading import is_folded, read_memories
from services.search.projections.documents import read_chunks
from services.search.ranking import Ranked, depth, rank
from services.search.store import Filters, Found, Index, Indexes
from services.search.store.spending import Spending

logger = structlog.get_logger()

NO_MODEL = "Semantic search is off (no embedding model is configured): ranked by keyword."
MODEL_AWAY = "The embedding model did not answer: ranked by keyword."
INDEX_WITHOUT_MODEL = "The index is being made anew for another embedding model: ranked by keyword."

Read = Callable[[str, Sequence[str]], Awaitable[dict[str, dict[str, Any]]]]
"""What is there now of a workspace's things, by id."""


class Searches:
    def __init__(self, bus: Bus, indexes: Indexes, embedder: Embedder | None, spending: Spending | None = None):
        self._bus = bus
        self._indexes = indexes
        self._embedder = embedder
        self._spending = spending

    async def memories(self, asked: SearchMemories) -> Reply:
        semantic = asked.use_semantic and bool(asked.query.strip())
        vector, warnings = await self._embed(asked.workspace_id, asked.query) if semantic else (None, [])
        filters = Filters(namespaces=asked.readable, **dict(asked.filters))
        wanted = depth(asked.limit, asked.offset)
        found = await self._indexes.memories.candidates(asked.workspace_id, vector, asked.query, filters, wanted)
        if vector is not None and not found.semantic and found.candidates:
            warnings = [INDEX_WITHOUT_MODEL]
        page = await _page(_ranked(asked, found), asked.limit, asked.offset, asked.workspace_id, self._memories)
        return Reply(body={"results": [_hit(it, memory) for it, memory in page], "warnings": warnings})

    async def knowledge(self, asked: SearchKnowledge) -> Reply:
        """Memories and chunks. The best keyword hit of either kind has 1: over the pep set, cut at random into memories
        and chunks, that gives an nDCG@10 of 0.682, a best one of each kind 0.666, and one collection of all 0.686.
        """
        vector, warnings = await self._embed(asked.workspace_id, asked.query)
        given = asked.filters.model_dump()
        kinds = given.pop("kinds")
        filters = Filters(namespaces=asked.readable, **given)
        indexes: list[Index] = []
        if (kinds is None or "memory" in kinds) and filters.document_ids is None:
            indexes.append(self._indexes.memories)
        if kinds is None or "chunk" in kinds:
            indexes.append(self._indexes.chunks)
        wanted = depth(asked.limit, 0)
        found = await asyncio.gather(
            *(it.candidates(asked.workspace_id, vector, asked.query, filters, wanted) for it in indexes)
        )
        with_candidates = [it for it in found if it.candidates]
        if vector is not None and not all(it.semantic for it in with_candidates):
            warnings = [INDEX_WITHOUT_MODEL]
        ranked = rank(
            [candidate for it in found for candidate in it.candidates],
            max((it.best_keyword for it in found), default=0.0),
            keyword_only=not any(it.semantic for it in with_candidates),
        )
        page = await _page(ranked, asked.limit, 0, asked.workspace_id, self._passages)
        return Reply(body={"results": [_passage(it, there) for it, there in page], "warnings": warnings})

    async def usage(self, asked: GetIndexUsage) -> Reply:
        sizes = [await it.size(asked.workspace_id) for it in (self._indexes.memories, self._indexes.chunks)]
        known = [it for it in sizes if it is not None]
        held = sum(known) if known else None
        if self._spending is None:
            return Reply(body=ServiceUsage(bytes=held))
        period, in_all = await self._spending.usage(asked.workspace_id, asked.since)
        return Reply(body=ServiceUsage(bytes=held, this_period=period, in_all=in_all))

    async def _embed(self, workspace_id: str, query: str) -> tuple[Vector | None, list[str]]:
        if self._embedder is None:
            return None, [NO_MODEL]
        try:
            vector = await self._embedder.embed_query(query)
        except (EmbeddingFault, EmbeddingRefused) as why:
            logger.warning("a query could not be embedded", why=str(why))
            return None, [MODEL_AWAY]
        if self._spending is not None:
            self._spending.count(workspace_id, [query])
        return vector, []

    async def _memories(self, workspace_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Those that are not folded into others."""
        found = await read_memories(self._bus, workspace_id, ids)
        return {each["memory"]["memory_id"]: each["memory"] for each in found if not is_folded(each)}

    async def _passages(self, workspace_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        memories, chunks = await asyncio.gather(
            self._memories(workspace_id, [it for it in ids if is_memory_id(it)]),
            read_chunks(self._bus, workspace_id, [it for it in ids if not is_memory_id(it)]),
        )
        return {**memories, **{each["chunk_id"]: each for each in chunks}}


async def _page(
    ranked: Sequence[Ranked], limit: int, offset: int, workspace_id: str, read: Read
) -> list[tuple[Ranked, dict[str, Any]]]:
    """In order; what is not to be found any longer makes room for the next."""
    page: list[tuple[Ranked, dict[str, Any]]] = []
    while len(page) < limit and offset < len(ranked):
        wanted = ranked[offset : offset + limit - len(page)]
        offset += len(wanted)
        there = await read(workspace_id, [it.memory_id for it in wanted])
        page += [(it, there[it.memory_id]) for it in wanted if it.memory_id in there]
    return page


def _ranked(asked: SearchMemories, found: Found) -> list[Ranked]:
    if not asked.query.strip():
        return rank(found.candidates, 0.0, keyword_only=False)
    return rank(found.candidates, found.best_keyword, keyword_only=not found.semantic)


def _hit(ranked: Ranked, memory: dict[str, Any]) -> dict[str, Any]:
    return {"memory": memory, **_scores(ranked)}


def _passage(ranked: Ranked, there: dict[str, Any]) -> dict[str, Any]:
    kind = "memory" if is_memory_id(ranked.memory_id) else "chunk"
    return {"kind": kind, "memory": None, "chunk": None, **_scores(ranked), kind: there}


def _scores(ranked: Ranked) -> dict[str, Any]:
    return {
        "score": ranked.score,
        "keyword_score": ranked.keyword_score,
        "semantic_score": ranked.semantic_score,
        "match_type": ranked.match_type,
    }
