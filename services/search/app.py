"""Wires the search service together and runs it: `python -m services.search.app`."""

import asyncio
import os
from functools import partial

import uvloop

from contracts import subjects
from contracts.queries import GetIndexUsage, SearchKnowledge, SearchMemories
from services.kit import process, telemetry
from services.kit.bus import Bus
from services.kit.embedding import Embedder, make_embedder
from services.kit.health import Health
from services.search.handlers.admin import Admin
from services.search.handlers.events import Events, Places
from services.search.handlers.searches import Searches
from services.search.loops.chunk_vectors import ChunkVectors
from services.search.loops.documents import DocumentLoop
from services.search.loops.embedding import EmbeddingLoop, NothingToEmbed, VectorMaker
from services.search.loops.healing import Healing
from services.search.loops.memory_vectors import MemoryVectors
from services.search.loops.rebuild import ChunkRebuild, Rebuild, Rebuilds
from services.search.projections.memories import Projection
from services.search.settings import SearchSettings
from services.search.store import Indexes, Marks, Model, open_indexes
from services.search.store.lease import Alone, Lease
from services.search.store.spending import Spending


async def main(settings: SearchSettings) -> None:
    """Runs until SIGTERM. The first start writes the embedding model, which takes some seconds."""
    os.nice(settings.niceness)
    telemetry.start("search")
    embedder = await asyncio.to_thread(make_embedder, settings.of_embedding())
    model = Model(embedder.name, embedder.dimension) if embedder is not None else None
    indexes = open_indexes(
        model=model,
        folder=settings.search_dir,
        marks=Marks(settings.index_key.get_secret_value()),
        qdrant_url=settings.qdrant_url,
        qdrant_api_key=settings.qdrant_api_key,
    )
    await run(settings, Bus(settings.nats_url, "search"), indexes, embedder, model)


async def run(
    settings: SearchSettings, bus: Bus, indexes: Indexes, embedder: Embedder | None, model: Model | None
) -> None:
    """The service over indexes and an embedder that are given."""
    projection = Projection(bus, indexes.memories, indexes.chunks)
    spending = Spending(bus) if settings.embedding_base_url else None  # the local model costs nobody anything
    embedding = _embedding(bus, indexes, embedder, spending)
    rebuilds = Rebuilds(
        Rebuild(bus, indexes.memories, projection, model, embedding),
        ChunkRebuild(bus, indexes.chunks, model, embedding),
        Lease(bus, "rebuild") if settings.qdrant_url else Alone(),
    )
    documents = DocumentLoop(bus, indexes.chunks, embedding)
    events = Events(projection, indexes.chunks, embedding, documents)
    places = Places(projection)
    searches = Searches(bus, indexes, embedder, spending)
    bus.on_stream(subjects.EVENTS_STREAM, subjects.EVENTS_FOR_SEARCH, events.handle)
    bus.on_stream(subjects.DERIVED_STREAM, subjects.ALL_RANKS, places.handle)
    bus.on_query(subjects.query(SearchMemories), SearchMemories)(searches.memories)
    bus.on_query(subjects.query(SearchKnowledge), SearchKnowledge)(searches.knowledge)
    bus.on_query(subjects.query(GetIndexUsage), GetIndexUsage)(searches.usage)
    Admin(indexes, rebuilds, events, places).register(bus)

    health = Health(partial(bus.missing, settings.ready_lag_s))
    telemetry.serve(settings.metrics_host, settings.metrics_port, health.missing)

    async def start() -> None:
        await indexes.memories.start()
        await bus.connect()
        await bus.refuse_if_unsafe()
        await bus.listen()

    async def stop() -> None:
        if spending is not None:
            await spending.flush()
        await bus.stop()
        await indexes.memories.close()
        if embedder is not None:
            await embedder.close()

    healing = Healing(bus, indexes, rebuilds, embedding=embedding, documents=documents, every_s=settings.heal_every_s)
    embedding_loops = [embedding.run] if isinstance(embedding, EmbeddingLoop) else []
    counting = [spending.run] if spending is not None else []
    await process.run(start, stop, loops=[health.run, healing.run, documents.run, *embedding_loops, *counting])


def _embedding(
    bus: Bus, indexes: Indexes, embedder: Embedder | None, spending: Spending | None
) -> EmbeddingLoop | NothingToEmbed:
    if embedder is None:
        return NothingToEmbed()
    maker = VectorMaker(embedder, spending)
    memories, chunks = MemoryVectors(bus, indexes.memories, maker), ChunkVectors(bus, indexes.chunks, maker)
    return EmbeddingLoop({"memories": memories, "chunks": chunks})


if __name__ == "__main__":
    uvloop.run(main(SearchSettings()))
