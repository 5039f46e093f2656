"""What search does at its own pace: embedding what waits for its vectors, and making an index anew."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from contracts import subjects
from contracts.events import CloudEvent
from contracts.queries import EveryWorkspace
from services.kit.bus import Bus
from services.kit.embedding import Embedder, EmbeddingRefused, Vectors, document_text
from services.kit.process import Wakeable
from services.kit.reading import READ_MAX, READ_TIMEOUT_S, is_folded, read_log, read_memories
from services.search.projections import Projection, change_of
from services.search.store import Embedding, Entry, Index, Model, Pending, avg_len_is_off, derived
from services.search.turns import Turns

logger = structlog.get_logger()

EMBED_BATCH_MAX = 16
LOOK_AGAIN_S = 5.0


class Expecting(Protocol):
    """Whoever wants to know that a workspace may have something to embed."""

    def expect(self, workspace_id: str) -> None: ...


class NothingToEmbed:
    """Stands where no embedding is configured."""

    def expect(self, workspace_id: str) -> None:
        """Nobody waits for vectors."""


class EmbeddingLoop:
    """Gives every pending memory its vectors, workspace by workspace in turn, so that no other's work delays it.

    Which memories wait is a field of the index itself: nothing is lost with the process.
    """

    def __init__(self, bus: Bus, index: Index, embedder: Embedder):
        self._bus = bus
        self._index = index
        self._embedder = embedder
        self._model = Model(embedder.name, embedder.dimension)
        self._turns = Turns()
        self._news = Wakeable()

    def expect(self, workspace_id: str) -> None:
        """There may be something to embed in this workspace."""
        self._turns.expect(workspace_id)
        self._news.wake()

    async def run(self) -> None:
        for workspace_id in await self._index.workspaces():
            self._turns.expect(workspace_id)
        while True:
            while self._turns:
                workspace_id = self._turns.next()  # taken out first: who comes while nothing is found puts it in again
                if await self.embed_some(workspace_id):
                    self._turns.go_on(workspace_id)
            await self._news.pause(LOOK_AGAIN_S)

    async def embed_some(self, workspace_id: str) -> bool:
        """Embeds a few; False if nothing could be done for now. What changed meanwhile comes again with its event."""
        pending = {it.memory_id: it for it in await self._index.pending(workspace_id, EMBED_BATCH_MAX)}
        texts = await self._texts(workspace_id, pending) if pending else {}
        if not texts:
            return False
        contents = [(memory_id, pending[memory_id].content_hash) for memory_id in texts]
        # What DERIVED has already: a crash or a rebuild costs no second model call.
        made: dict[str, Vectors | None] = {**await derived.load_all(self._bus, self._model, workspace_id, contents)}
        for memory_id, vectors in (await self._make({it: texts[it] for it in texts.keys() - made.keys()})).items():
            await derived.save(
                self._bus, self._model, workspace_id, memory_id, pending[memory_id].content_hash, vectors=vectors
            )
            made[memory_id] = vectors
        await self._put(workspace_id, [(pending[memory_id], vectors) for memory_id, vectors in made.items()])
        return True

    async def _texts(self, workspace_id: str, pending: dict[str, Pending]) -> dict[str, str]:
        """The texts that are still those for which the index waits."""
        found = {}
        for each in await read_memories(self._bus, workspace_id, list(pending)):
            memory = each["memory"]
            if each["content_hash"] == pending[memory["memory_id"]].content_hash and not is_folded(each):
                found[memory["memory_id"]] = document_text(memory["title"], memory["narrative"])
        return found

    async def _make(self, texts: dict[str, str]) -> dict[str, Vectors | None]:
        """Vectors for each text; None for one that the model refuses, which is found by asking one by one."""
        if not texts:
            return {}
        try:
            made = await self._embedder.embed_documents(list(texts.values()))
            return dict(zip(texts, made, strict=True))
        except EmbeddingRefused as why:
            if len(texts) == 1:
                logger.error("a memory can't be embedded", memory_ids=list(texts), why=str(why))
                return dict.fromkeys(texts)
        return {memory_id: (await self._make({memory_id: text}))[memory_id] for memory_id, text in texts.items()}

    async def _put(self, workspace_id: str, made: Sequence[tuple[Pending, Vectors | None]]) -> None:
        ready = [Embedding(it.id, it.content_hash, vectors) for it, vectors in made if vectors is not None]
        taken = set(await self._index.set_vectors(workspace_id, ready))
        failed = [(it.id, it.content_hash) for it, vectors in made if vectors is None]
        if failed:
            await self._index.mark_failed(workspace_id, failed)
        for it, vectors in made:
            if vectors is not None and it.id not in taken:  # deleted or rewritten while it was embedded
                await derived.erase(self._bus, workspace_id, it.memory_id)


class Rebuild:
    """Makes a workspace's index anew from the log, with the vectors and ranks that DERIVED keeps; no model is asked."""

    def __init__(self, bus: Bus, index: Index, projection: Projection, model: Model | None, embedding: Expecting):
        self._bus = bus
        self._index = index
        self._projection = projection
        self._model = model
        self._embedding = embedding
        self._running: dict[str, asyncio.Lock] = {}

    async def rebuild(self, workspace_id: str) -> int:
        """How many memories the new index has. Searches are answered from the old one until the switch."""
        async with self._running.setdefault(workspace_id, asyncio.Lock()):
            target = await self._index.start_rebuild(workspace_id)
            seq = 0
            while events := await read_log(self._bus, workspace_id, seq):
                await self._replay(workspace_id, events, target)
                seq = events[-1].seq
            await self._projection.place_all(workspace_id, target)
            await self._index.switch(workspace_id, target)
        self._embedding.expect(workspace_id)
        return await self._index.count(workspace_id)

    async def _replay(self, workspace_id: str, events: Sequence[CloudEvent], target: str) -> None:
        changes = [change for event in events if (change := change_of(event)) is not None]
        entries = await self._projection.apply_to(workspace_id, changes, target)
        for start in range(0, len(entries), READ_MAX):
            await self._give_vectors(workspace_id, entries[start : start + READ_MAX], target)

    async def _give_vectors(self, workspace_id: str, entries: Sequence[Entry], target: str) -> None:
        if self._model is None:
            return
        contents = [(it.memory_id, it.content_hash) for it in entries]
        found = await derived.load_all(self._bus, self._model, workspace_id, contents)
        known = [Embedding(it.id, it.content_hash, found[it.memory_id]) for it in entries if it.memory_id in found]
        await self._index.set_vectors(workspace_id, known, target)


class Healing:
    """Rebuilds by itself what is missing (a lost folder), of another model or key, or for other lengths of text."""

    def __init__(self, bus: Bus, index: Index, rebuild: Rebuild, every_s: float):
        self._bus = bus
        self._index = index
        self._rebuild = rebuild
        self._every_s = every_s

    async def run(self) -> None:
        while True:
            for workspace_id in await self.due():
                logger.info("rebuilding the index", workspace_id=workspace_id)
                await self._rebuild.rebuild(workspace_id)
            await asyncio.sleep(self._every_s)

    async def due(self) -> list[str]:
        """Workspaces whose index should be made anew."""
        asked = EveryWorkspace()
        counts: dict[str, int] = (await self._bus.ask(subjects.query(asked), asked, READ_TIMEOUT_S))["body"]
        indexed = set(await self._index.workspaces())
        due = [workspace_id for workspace_id, count in counts.items() if count and workspace_id not in indexed]
        for workspace_id in sorted(indexed & counts.keys()):
            if await self._index.is_outdated(workspace_id) or await self._lengths_are_off(workspace_id):
                due.append(workspace_id)
        return due

    async def _lengths_are_off(self, workspace_id: str) -> bool:
        profile = await self._index.profile(workspace_id)
        statistics = await self._index.statistics(workspace_id)
        return profile is not None and avg_len_is_off(profile.avg_len, statistics)
