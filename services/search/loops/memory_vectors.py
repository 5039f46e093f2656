"""Vectors of memories."""

from collections.abc import Sequence

from services.kit.bus import Bus
from services.kit.embedding import Vectors, document_text
from services.kit.reading import is_folded, read_memories
from services.search.loops.embedding import EMBED_BATCH_MAX, VectorMaker
from services.search.store import Embedding, Index, Pending, derived

BATCHES_KNOWN_MAX = 8
"""Of memories whose vectors DERIVED has already, in one turn."""


class MemoryVectors:
    def __init__(self, bus: Bus, index: Index, maker: VectorMaker):
        self._bus = bus
        self._index = index
        self._maker = maker

    async def workspaces(self) -> list[str]:
        return await self._index.workspaces()

    async def embed_some(self, workspace_id: str) -> bool:
        """A batch; where the model need not be asked, some more: opening its shard costs more than they do."""
        for number in range(BATCHES_KNOWN_MAX):
            pending = {it.memory_id: it for it in await self._index.pending(workspace_id, EMBED_BATCH_MAX)}
            texts = await self._texts(workspace_id, pending) if pending else {}
            if not texts:
                return number > 0
            if await self._embed(workspace_id, pending, texts):
                break
        return True

    async def _embed(self, workspace_id: str, pending: dict[str, Pending], texts: dict[str, str]) -> bool:
        """True where the model was asked."""
        contents = [(memory_id, pending[memory_id].content_hash) for memory_id in texts]
        # What DERIVED has already: a crash or a rebuild costs no second model call.
        made: dict[str, Vectors | None] = {
            **await derived.load_all(self._bus, self._maker.model, workspace_id, contents)
        }
        missing = {it: texts[it] for it in texts.keys() - made.keys()}
        for memory_id, vectors in (await self._maker.make(workspace_id, missing)).items():
            await derived.save(
                self._bus, self._maker.model, workspace_id, memory_id, pending[memory_id].content_hash, vectors=vectors
            )
            made[memory_id] = vectors
        await self._put(workspace_id, [(pending[memory_id], vectors) for memory_id, vectors in made.items()])
        return bool(missing)

    async def _texts(self, workspace_id: str, pending: dict[str, Pending]) -> dict[str, str]:
        """The texts that are still those for which the index waits."""
        found = {}
        for each in await read_memories(self._bus, workspace_id, list(pending)):
            memory = each["memory"]
            if each["content_hash"] == pending[memory["memory_id"]].content_hash and not is_folded(each):
                found[memory["memory_id"]] = document_text(memory["title"], memory["narrative"])
        return found

    async def _put(self, workspace_id: str, made: Sequence[tuple[Pending, Vectors | None]]) -> None:
        ready = [Embedding(it.id, it.content_hash, vectors) for it, vectors in made if vectors is not None]
        taken = set(await self._index.set_vectors(workspace_id, ready))
        failed = [(it.id, it.content_hash) for it, vectors in made if vectors is None]
        if failed:
            await self._index.mark_failed(workspace_id, failed)
        for it, vectors in made:
            if vectors is not None and it.id not in taken:  # deleted or rewritten while it was embedded
                await derived.erase(self._bus, workspace_id, it.memory_id)
