"""Wires the extraction service together and runs it: `python -m services.extraction.app`."""

import asyncio
import os

import uvloop

from contracts import subjects
from services.extraction.distil import distil
from services.extraction.handlers import Admin, Events
from services.extraction.loops.extracting import Extracting
from services.extraction.loops.nearness import LocalNearness
from services.extraction.loops.ordering import Ordering
from services.extraction.loops.reading import Reading
from services.extraction.settings import ExtractionSettings
from services.kit import process, telemetry
from services.kit.bus import Bus
from services.kit.embedding import make_embedder
from services.kit.migrations import Migrations
from services.kit.postgres import Database


async def main(settings: ExtractionSettings) -> None:
    """Runs until SIGTERM."""
    os.nice(settings.niceness)
    telemetry.start_logging("extraction")
    telemetry.start_metrics(settings.metrics_port)
    embedder = await asyncio.to_thread(make_embedder, settings.of_embedding())
    bus = Bus(settings.nats_url, "extraction")
    database = Database(settings.postgres_dsn, "extraction", size_max=4)
    loops = Database(settings.postgres_loops_dsn, "extraction", size_max=2)
    extracting = Extracting(
        database,
        loops,
        Reading(bus),
        Ordering(bus),
        distil=distil,
        nearness=LocalNearness(embedder) if embedder is not None else None,
        quota_retry_s=settings.quota_retry_s,
    )
    events = Events(database, extracting)
    bus.on_stream(subjects.EVENTS_STREAM, subjects.ALL_SESSION_EVENTS, events.handle)
    Admin(events).register(bus)

    async def start() -> None:
        await database.open()
        await loops.open()
        await Migrations("extraction").refuse_unless_at_head(loops)
        await bus.connect()
        await bus.refuse_if_unsafe()
        await bus.listen()

    async def stop() -> None:
        await bus.stop()
        if embedder is not None:
            await embedder.close()
        await database.close()
        await loops.close()

    await process.run(start, stop, loops=[extracting.run])


if __name__ == "__main__":
    uvloop.run(main(ExtractionSettings()))
