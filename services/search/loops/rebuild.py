"""Making an index anew from the log, with the vectors and ranks that DERIVED keeps; no model is asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.events import CloudEvent
from services.kit.bus import Bus
from services.kit.reading import READ_MAX, read_log
from services.search.loops.embedding import Expecting
from services.search.projections.documents import (
    chunk_ids_of,
    entry_of_chunk,
    read_chunks,
    read_document,
    read_documents,
)
from services.search.projections.memories import Change, Projection, change_of
from services.search.store import ChunkIndex, Embedding, Entry, Index, Model, NotBuilt, Part, derived
from services.search.store.lease import Exclusive

DUE_MAX = 10_000


class Rebuild:
    def __init__(self, bus: Bus, index: Index, projection: Projection, model: Model | None, embedding: Expecting):
        self._bus = bus
        self._index = index
        self._projection = projection
        self._model = model
        self._embedding = embedding
        self._running: dict[str, asyncio.Lock] = {}

    async def rebuild(self, workspace_id: str) -> int:
        """How many memories the new index has. Searches are answered from the old one until the switch.

        A workspace that is deleted, also meanwhile, has no index.
        """
        async with self._running.setdefault(workspace_id, asyncio.Lock()):
            try:
                await self._fill(workspace_id)
            except NotBuilt:
                await self._index.drop(workspace_id)
        self._embedding.expect(workspace_id, "memories")
        return await self._index.count(workspace_id)

    async def _fill(self, workspace_id: str) -> None:
        """Raises NotBuilt where the workspace has ended."""
        target = await self._index.start_rebuild(workspace_id)
        seq = await self._replay_after(0, workspace_id, target)
        await self._projection.place_all(workspace_id, target)
        await self._index.switch(workspace_id, target)
        # What another process that shares the index heard meanwhile went into what was replaced.
        await self._replay_after(seq, workspace_id, None)
        await self._projection.place_all(workspace_id, None)

    async def _replay_after(self, seq: int, workspace_id: str, target: str | None) -> int:
        """Returns the last seq that there was."""
        while events := await read_log(self._bus, workspace_id, seq):
            await self._replay(workspace_id, events, target)
            seq = events[-1].seq
        return seq

    async def _replay(self, workspace_id: str, events: Sequence[CloudEvent], target: str | None) -> None:
        changes = [change for event in events if isinstance(change := change_of(event), Change)]
        if any(change.ended for change in changes):
            raise NotBuilt(workspace_id)
        entries = await self._projection.apply_to(workspace_id, changes, target)
        for start in range(0, len(entries), READ_MAX):
            await self._give_vectors(workspace_id, entries[start : start + READ_MAX], target)

    async def _give_vectors(self, workspace_id: str, entries: Sequence[Entry], target: str | None) -> None:
        if self._model is None:
            return
        contents = [(it.memory_id, it.content_hash) for it in entries]
        found = await derived.load_all(self._bus, self._model, workspace_id, contents)
        known = [Embedding(it.id, it.content_hash, found[it.memory_id]) for it in entries if it.memory_id in found]
        await self._index.set_vectors(workspace_id, known, target)


class ChunkRebuild:
    """The same for documents: which there are, and their chunks, are read from the memory service."""

    def __init__(self, bus: Bus, index: ChunkIndex, model: Model | None, embedding: Expecting):
        self._bus = bus
        self._index = index
        self._model = model
        self._embedding = embedding
        self._running: dict[str, asyncio.Lock] = {}

    async def rebuild(self, workspace_id: str) -> int:
        """How many chunks the new index has; a workspace without documents gets none, nor does one that is deleted."""
        async with self._running.setdefault(workspace_id, asyncio.Lock()):
            if await self._index.profile(workspace_id) is None and not await read_documents(self._bus, workspace_id):
                return 0
            try:
                await self._fill(workspace_id)
            except NotBuilt:
                await self._index.drop(workspace_id)
        self._embedding.expect(workspace_id, "chunks")
        return await self._index.count(workspace_id)

    async def _fill(self, workspace_id: str) -> None:
        """Raises NotBuilt where the workspace has ended meanwhile."""
        target = await self._index.start_rebuild(workspace_id)
        await self._index.note(workspace_id, await self._index.due(workspace_id, DUE_MAX), target)
        done = set[tuple[str, int]]()
        while fresh := await self._ready(workspace_id, done):  # until none has come, or was passed over, meanwhile
            for document in fresh:
                await self._put(workspace_id, document, target)
                done.add((document["document_id"], document["ready_version"]))
        await self._index.switch(workspace_id, target)
        await self._catch_up(workspace_id, done)

    async def _catch_up(self, workspace_id: str, done: set[tuple[str, int]]) -> None:
        """What another process that shares the index heard meanwhile went into what was replaced."""
        for document in await self._ready(workspace_id, done):
            await self._put(workspace_id, document, None)
        there = {it["document_id"]: it["ready_version"] for it in await read_documents(self._bus, workspace_id)}
        for document_id, version in done:
            if there.get(document_id) != version:
                await self._drop_others(workspace_id, document_id, there.get(document_id), None)

    async def _ready(self, workspace_id: str, done: set[tuple[str, int]]) -> list[dict[str, Any]]:
        there = await read_documents(self._bus, workspace_id)
        return [it for it in there if it["ready_version"] and (it["document_id"], it["ready_version"]) not in done]

    async def _put(self, workspace_id: str, document: dict[str, Any], target: str | None) -> None:
        document_id, version = document["document_id"], document["ready_version"]
        for first in range(0, document["chunk_count"], derived.PART_CHUNKS):
            ids = chunk_ids_of(workspace_id, document, first, derived.PART_CHUNKS)
            found = await read_chunks(self._bus, workspace_id, ids)
            made = {}
            if self._model is not None:
                part = Part(document_id, version, first // derived.PART_CHUNKS)
                made = await derived.load_part(self._bus, self._model, workspace_id, part)
            entries = [entry_of_chunk(workspace_id, it, made.get(it["chunk_id"])) for it in found]
            await self._index.put(workspace_id, entries, target)
        now = await read_document(self._bus, workspace_id, document_id)
        if now is None or now["ready_version"] != version:  # its event may have been heard before these were put
            current = None if now is None else now["ready_version"]
            await self._drop_others(workspace_id, document_id, current, target)

    async def _drop_others(self, workspace_id: str, document_id: str, version: int | None, target: str | None) -> None:
        while await self._index.drop_chunks(workspace_id, document_id, version, target):
            pass


@dataclass(frozen=True, slots=True)
class Rebuilds:
    """Both, and whose turn it is of the processes that share the index."""

    memories: Rebuild
    chunks: ChunkRebuild
    exclusive: Exclusive
