"""Wires the graph service together and runs it: `python -m services.graph.app`."""

import os
from functools import partial

import uvloop

from contracts import subjects
from services.graph.analysis import Analyst
from services.graph.handlers.admin import Admin
from services.graph.handlers.events import Embeddings, Events
from services.graph.handlers.queries import Queries
from services.graph.loops.discovery import Discovery
from services.graph.loops.judging import Judging
from services.graph.loops.ranking import Ranking
from services.graph.loops.rebuild import Healing, Rebuild
from services.graph.projections import Projection
from services.graph.settings import GraphSettings
from services.kit import process, telemetry
from services.kit.bus import Bus
from services.kit.health import Health
from services.kit.llm import make_llm
from services.kit.pacing import Pace
from services.kit.postgres import Database
from services.kit.schema import Schema
from services.kit.sealing.keys import Keyring
from services.kit.sealing.masters import Masters
from services.kit.sealing.rekeying import register_rekeying

SCHEMAS = "graph,public"
"""`public` has pgvector's type and operators."""


async def main(settings: GraphSettings) -> None:  # noqa: PLR0915 - wiring
    """Runs until SIGTERM."""
    os.nice(settings.niceness)
    telemetry.start("graph")
    bus = Bus(settings.nats_url, "graph")
    keyring = Keyring(Masters(settings.read_master_keys))
    database = Database(settings.postgres_dsn, SCHEMAS, size_max=10, plan_each_time=True, keyring=keyring)
    loops = Database(settings.postgres_loops_dsn, SCHEMAS, size_max=3)
    analyst = Analyst()
    llm = make_llm(settings.of_llm())
    changed, alike = process.Wakeable(), process.Wakeable()
    pace = Pace()

    projection = Projection(bus, database)
    discovery = Discovery(database, loops, pace, changed, alike)
    ranking = Ranking(
        bus,
        database,
        loops,
        analyst,
        changed=changed,
        quiet_s=settings.analyse_quiet_s,
        wait_max_s=settings.analyse_wait_max_s,
    )
    rebuild = Rebuild(bus, database, projection, discovery, ranking)
    events, embeddings = Events(projection, discovery, pace), Embeddings(projection, discovery, pace)
    bus.on_stream(subjects.EVENTS_STREAM, subjects.ALL_EVENTS, events.handle)
    bus.on_stream(subjects.DERIVED_STREAM, subjects.ALL_EMBEDDINGS, embeddings.handle)
    Queries(bus, database).register()
    Admin(database, rebuild, events, embeddings).register(bus)
    register_rekeying(bus, loops, keyring)

    schema = Schema("graph", loops, keyring)
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
        await analyst.close()
        if llm:
            await llm.close()
        await database.close()
        await loops.close()

    healing = Healing(bus, loops, projection, rebuild, settings.heal_every_s)
    at_work: list[process.Loop] = [health.run, discovery.run, ranking.run, healing.run]
    if llm and (per_day := settings.llm_judgements_per_day):
        judging = Judging(bus, database, loops, llm, per_day=per_day, news=alike, changed=changed)
        at_work.append(judging.run)
    await process.run(start, stop, loops=at_work)


if __name__ == "__main__":
    uvloop.run(main(GraphSettings()))
