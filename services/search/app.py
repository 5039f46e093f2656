"""Wires the search service together and runs it: `python -m services.search.app`."""

import asyncio
import os

import uvloop

from contracts import subjects
from contracts.queries import SearchMemories
from services.kit import process, telemetry
from services.kit.bus import Bus
from services.kit.embedding import Embedder, make_embedder
from services.search.handlers import Admin, Events, Places, Searches
from services.search.loops import EmbeddingLoop, Healing, NothingToEmbed, Rebuild
from services.search.projections import Projection
from services.search.settings import SearchSettings
from services.search.store import Index, Marks, Model, open_index


async def main(settings: SearchSettings) -> None:
    """Runs until SIGTERM. The first start writes the embedding model, which takes some seconds."""
    os.nice(settings.niceness)
    telemetry.start_logging("search")
    telemetry.start_metrics(settings.metrics_port)
    embedder = await asyncio.to_thread(make_embedder, settings.of_embedding())
    model = Model(embedder.name, embedder.dimension) if embedder is not None else None
    index = open_index(
        model=model,
        folder=settings.search_dir,
        marks=Marks(settings.index_key.get_secret_value()),
        qdrant_url=settings.qdrant_url,
        qdrant_api_key=settings.qdrant_api_key,
    )
    await run(settings, Bus(settings.nats_url, "search"), index, embedder, model)


async def run(settings: SearchSettings, bus: Bus, index: Index, embedder: Embedder | None, model: Model | None) -> None:
    """The service over an index and an embedder that are given."""
    projection = Projection(bus, index)
    embedding = EmbeddingLoop(bus, index, embedder) if embedder is not None else NothingToEmbed()
    rebuild = Rebuild(bus, index, projection, model, embedding)
    events = Events(projection, embedding)
    places = Places(projection)
    bus.on_stream(subjects.EVENTS_STREAM, subjects.ALL_MEMORY_EVENTS, events.handle)
    bus.on_stream(subjects.DERIVED_STREAM, subjects.ALL_RANKS, places.handle)
    bus.on_query(subjects.query(SearchMemories), SearchMemories)(Searches(bus, index, embedder).run)
    Admin(index, rebuild, events, places).register(bus)

    async def start() -> None:
        await index.start()
        await bus.connect()
        await bus.refuse_if_unsafe()
        await bus.listen()

    async def stop() -> None:
        await bus.stop()
        await index.close()
        if embedder is not None:
            await embedder.close()

    healing = Healing(bus, index, rebuild, settings.heal_every_s)
    embedding_loops = [embedding.run] if isinstance(embedding, EmbeddingLoop) else []
    await process.run(start, stop, loops=[healing.run, *embedding_loops])


if __name__ == "__main__":
    uvloop.run(main(SearchSettings()))
