"""What a memory takes in each store, in bytes on the disk."""

import psycopg
from nats.js import JetStreamContext

from contracts import subjects
from services.search.store.edge_folders import Folders
from tests.bench.report import Row
from tests.bench.rig import Rig

STREAMS = (subjects.COMMANDS_STREAM, subjects.EVENTS_STREAM, subjects.DERIVED_STREAM)
LOG = "events"


async def sizes_row(the: Rig, memories: int, what: str) -> Row:
    """Tables with their indexes, TOAST and dead rows; streams as NATS counts them; the files of Qdrant Edge. Postgres's
    write-ahead log, which has a size of its own, is left out.
    """
    held = {**_tables(the), **await _streams(the.operator.bus.jetstream), "qdrant": _index(the)}
    each = {name: round(size / memories) for name, size in held.items()}
    text = ", ".join(f"{name} {size:,}" for name, size in each.items())
    figures: dict[str, float] = {f"{name}_bytes": size for name, size in each.items()}
    return Row("sizes", f"bytes for each memory, {what}", f"{text}; together {sum(each.values()):,}", figures)


def _tables(the: Rig) -> dict[str, int]:
    statement = "SELECT schemaname, relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"
    found = {"log": 0, "memory's tables": 0, "graph's tables": 0, "extraction's tables": 0}
    with psycopg.connect(the.stack.postgres_dsn("postgres")) as connection:
        for schema, table, size in connection.execute(statement):
            found["log" if (schema, table) == ("memory", LOG) else f"{schema}'s tables"] += size
    return found


async def _streams(jetstream: JetStreamContext) -> dict[str, int]:
    return {name: (await jetstream.stream_info(name)).state.bytes for name in STREAMS}


def _index(the: Rig) -> int:
    folders = Folders(the.stack.home.search_data)
    return sum(map(folders.size, folders.workspaces()))
