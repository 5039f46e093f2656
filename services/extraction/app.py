"""Wires the extraction service together and runs it: `python -m services.extraction.app`."""

import asyncio
import os
from functools import partial

import uvloop

from contracts import subjects
from services.extraction.asking import Budget, Prices
from services.extraction.distil import distil
from services.extraction.handlers import Admin, Events, Queries
from services.extraction.loops.analysing import Analysing
from services.extraction.loops.answering import Answering
from services.extraction.loops.asking import Asking
from services.extraction.loops.asking_documents import AskingDocuments
from services.extraction.loops.calling import Calling
from services.extraction.loops.chores import Chores
from services.extraction.loops.distilling import Distilling
from services.extraction.loops.documents import Documents
from services.extraction.loops.extracting import Extracting
from services.extraction.loops.forgetting import Forgetting
from services.extraction.loops.nearness import LocalNearness
from services.extraction.loops.ordering import Ordering
from services.extraction.loops.reading import Reading
from services.extraction.settings import ExtractionSettings
from services.kit import process, telemetry
from services.kit.bus import Bus
from services.kit.embedding import make_embedder
from services.kit.health import Health
from services.kit.llm import Llm, make_llm
from services.kit.postgres import Database
from services.kit.schema import Schema
from services.kit.sealing.keys import Keyring
from services.kit.sealing.masters import Masters
from services.kit.sealing.rekeying import register_rekeying

ASKING_AT_ONCE = 4
"""In so many workspaces a model is asked at the same time: who asks only waits."""
PDFS_AT_ONCE = 2
"""So many child processes read PDFs."""


async def main(settings: ExtractionSettings) -> None:  # noqa: PLR0915 - wiring
    """Runs until SIGTERM."""
    os.nice(settings.niceness)
    telemetry.start("extraction")
    llm = make_llm(settings.of_llm(retries_max=0))  # each try is a call of its own, within the budget and on record
    embedder = await asyncio.to_thread(make_embedder, settings.of_embedding()) if llm is None else None
    bus = Bus(settings.nats_url, "extraction")
    keyring = Keyring(Masters(settings.read_master_keys))
    database = Database(settings.postgres_dsn, "extraction", size_max=6, keyring=keyring)
    loops = Database(settings.postgres_loops_dsn, "extraction", size_max=7)  # four of them hold leases
    reading, ordering = Reading(bus), Ordering(bus)
    nearness = LocalNearness(embedder) if embedder is not None else None
    calling = _calling(settings, database, llm) if llm is not None else None
    extractor = Asking(database, calling) if calling else Distilling(distil, nearness)
    analyst = AskingDocuments(database, calling) if calling else Analysing()
    at_once = ASKING_AT_ONCE if calling else 1
    extracting = Extracting(
        database, loops, reading, ordering, extractor, quota_retry_s=settings.quota_retry_s, at_once=at_once
    )
    texts = Documents(database, loops, reading, ordering, analyst, is_pdf=False, at_once=at_once)
    pdfs = Documents(database, loops, reading, ordering, analyst, is_pdf=True, at_once=PDFS_AT_ONCE)
    chores = Chores(database, loops, reading, ordering, nearness)
    events = Events(database, extracting, texts, pdfs, chores)
    bus.on_stream(subjects.EVENTS_STREAM, subjects.EVENTS_FOR_EXTRACTION, events.handle)
    Queries(database, Answering(calling)).register(bus)
    Admin(events).register(bus)
    register_rekeying(bus, loops, keyring)
    forgetting = Forgetting(bus, database, loops, settings.heal_every_s)

    schema = Schema("extraction", loops, keyring)
    health = Health(partial(bus.missing, settings.ready_lag_s), *schema.probes)
    telemetry.serve(settings.metrics_host, settings.metrics_port, health.missing)

    async def start() -> None:
        await database.open()
        await loops.open()
        await schema.refuse_unless_whole()
        await bus.connect()
        await bus.refuse_if_unsafe()
        await bus.listen()

    async def stop() -> None:
        await bus.stop()
        if embedder is not None:
            await embedder.close()
        if llm is not None:
            await llm.close()
        await database.close()
        await loops.close()

    await process.run(start, stop, loops=[health.run, extracting.run, texts.run, pdfs.run, chores.run, forgetting.run])


def _calling(settings: ExtractionSettings, database: Database, llm: Llm) -> Calling:
    return Calling(
        database,
        llm,
        Budget(settings.llm_budget_calls_per_day, settings.llm_budget_tokens_per_day),
        Prices(settings.llm_price_input, settings.llm_price_output),
        pause_s=settings.llm_pause_s,
    )


if __name__ == "__main__":
    uvloop.run(main(ExtractionSettings()))
