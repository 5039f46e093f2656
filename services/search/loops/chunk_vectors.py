"""Vectors of documents' chunks, a part of a document at a time."""

from contracts.documents import chunk_id
from services.kit.bus import Bus
from services.kit.embedding import Vectors
from services.search.loops.embedding import VectorMaker
from services.search.projections.documents import read_chunks, read_document, text_of
from services.search.store import ChunkIndex, Embedding, Part, PendingPart, derived


class ChunkVectors:
    def __init__(self, bus: Bus, index: ChunkIndex, maker: VectorMaker):
        self._bus = bus
        self._index = index
        self._maker = maker

    async def workspaces(self) -> list[str]:
        return await self._index.workspaces()

    async def embed_some(self, workspace_id: str) -> bool:
        pending = await self._index.pending_part(workspace_id, derived.PART_CHUNKS)
        if pending is None:
            return False
        part = pending.part
        made = await derived.load_part(self._bus, self._maker.model, workspace_id, part)
        if not made:
            texts = await self._texts(workspace_id, part)
            if not texts:  # of another version by now, or deleted: they are about to leave the index
                return False
            made = await self._maker.make(workspace_id, texts)
            await derived.save_part(self._bus, self._maker.model, workspace_id, part, made)
        await self._put(workspace_id, pending, made)
        return True

    async def _texts(self, workspace_id: str, part: Part) -> dict[str, str]:
        """Of all its chunks: they are kept together, so they are made together."""
        first = part.number * derived.PART_CHUNKS
        indexes = range(first, first + derived.PART_CHUNKS)
        ids = [chunk_id(workspace_id, part.document_id, part.version, it) for it in indexes]
        return {it["chunk_id"]: text_of(it) for it in await read_chunks(self._bus, workspace_id, ids)}

    async def _put(self, workspace_id: str, pending: PendingPart, made: dict[str, Vectors | None]) -> None:
        vectors = {it: made.get(it.memory_id) for it in pending.waiting}
        ready = [Embedding(it.id, it.content_hash, found) for it, found in vectors.items() if found is not None]
        if ready and not await self._index.set_vectors(workspace_id, ready):  # gone while they were embedded
            document_id = pending.part.document_id
            document = await read_document(self._bus, workspace_id, document_id)
            current = None if document is None else document["ready_version"]
            await derived.erase_parts(self._bus, workspace_id, document_id, current)
        if failed := [(it.id, it.content_hash) for it, found in vectors.items() if found is None]:
            await self._index.mark_failed(workspace_id, failed)
